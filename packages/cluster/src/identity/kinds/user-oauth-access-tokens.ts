import type { ResourceDefinition, UserInfo, VirtualRequest } from '@longshore/apiserver';
import { notFound } from '@longshore/kube';
import { ACCESS_TOKENS, OAUTH_GROUP, type OAuthAccessToken } from '../objects.js';
import { oauthAccessTokens } from './oauth.js';

const RESOURCE = { group: OAUTH_GROUP, resource: 'useroauthaccesstokens' };

const ownedBy = ({ username, uid }: UserInfo, token: OAuthAccessToken) =>
  token.userName === username && token.userUID === uid;

const asOwn = (token: OAuthAccessToken): OAuthAccessToken => ({ ...token, kind: 'UserOAuthAccessToken' });

async function own(name: string, { user, objects }: VirtualRequest): Promise<OAuthAccessToken> {
  const token = await objects.get<OAuthAccessToken>(ACCESS_TOKENS, '', name);
  if (token === undefined || !ownedBy(user, token)) throw notFound(RESOURCE, name);
  return asOwn(token);
}

/** The access tokens of who asks, which anybody may look at and end. */
export const userOAuthAccessTokens: ResourceDefinition<OAuthAccessToken> = {
  group: OAUTH_GROUP,
  version: 'v1',
  plural: 'useroauthaccesstokens',
  singular: 'useroauthaccesstoken',
  kind: 'UserOAuthAccessToken',
  scope: 'Cluster',
  schema: oauthAccessTokens.schema,
  ...(oauthAccessTokens.columns !== undefined && { columns: oauthAccessTokens.columns }),
  backend: {
    type: 'virtual',
    get: own,
    list: async ({ user, objects }) => {
      const { items, resourceVersion } = await objects.list<OAuthAccessToken>(ACCESS_TOKENS);
      return { items: items.filter((token) => ownedBy(user, token)).map(asOwn), resourceVersion };
    },
    delete: async (name, request) => {
      const token = await own(name, request);
      if (!request.dryRun) await request.objects.delete(ACCESS_TOKENS, '', name);
      return token;
    },
    async *watch(resourceVersion, { user, objects, signal }, progressEvery) {
      const events = objects.watch<OAuthAccessToken>(ACCESS_TOKENS, resourceVersion, signal, '', progressEvery);
      for await (const event of events) {
        if (event.type === 'BOOKMARK' || ownedBy(user, event.object)) yield { ...event, object: asOwn(event.object) };
      }
    },
  },
};
