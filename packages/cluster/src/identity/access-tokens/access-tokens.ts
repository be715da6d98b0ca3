import type { Authenticator, Credentials, ObjectAccess, UserInfo } from '@longshore/apiserver';
import { unauthorized } from '@longshore/kube';
import type { GroupIndex } from '../group-index.js';
import { expiryOf } from '../kinds/oauth.js';
import { findKubeadmin, KUBEADMIN, KUBEADMIN_GROUPS } from '../kubeadmin.js';
import {
  ACCESS_TOKENS,
  OAUTH_CLIENTS,
  USERS,
  type OAuthAccessToken,
  type OAuthClient,
  type OAuthToken,
  type User,
} from '../objects.js';
import { generateToken, isToken, TOKEN_PREFIX, tokenName } from './token-name.js';

const OAUTH_GROUP = 'system:authenticated:oauth';
const SCOPES_KEY = 'scopes.authorization.openshift.io';

/** A user who has just logged in, or has a session. */
export interface LoggedIn {
  name: string;
  uid: string;
}

export interface AccessTokenRequest {
  user: LoggedIn;
  client: OAuthClient;
  scopes: string[];
  redirectUri: string;
  /** Seconds; 0: for ever. */
  expiresIn: number;
  authorizeToken?: string;
}

/** Tokens by which users are known: given out, looked up with each request, ended by deleting their object. */
export class AccessTokens implements Authenticator {
  constructor(
    private readonly objects: ObjectAccess,
    private readonly groups: GroupIndex,
    private readonly now: () => number,
  ) {}

  /** The token itself, which is kept nowhere. */
  async issue({ user, client, scopes, redirectUri, expiresIn, authorizeToken }: AccessTokenRequest): Promise<string> {
    const token = generateToken();
    await this.objects.create<OAuthAccessToken>(ACCESS_TOKENS, {
      apiVersion: 'oauth.openshift.io/v1',
      kind: 'OAuthAccessToken',
      metadata: { name: tokenName(token) },
      clientName: client.metadata.name ?? '',
      expiresIn,
      redirectURI: redirectUri,
      scopes,
      userName: user.name,
      userUID: user.uid,
      ...(authorizeToken !== undefined && { authorizeToken }),
    });
    return token;
  }

  /** The object of a token that still holds. */
  async find(token: string): Promise<OAuthAccessToken | undefined> {
    if (!isToken(token)) return undefined;
    const found = await this.objects.get<OAuthAccessToken>(ACCESS_TOKENS, '', tokenName(token));
    return found !== undefined && this.holds(found) ? found : undefined;
  }

  async authenticate({ token }: Pick<Credentials, 'token'>): Promise<UserInfo | undefined> {
    if (token === undefined || !token.startsWith(TOKEN_PREFIX)) return undefined;
    const found = await this.find(token);
    const groups = found && (await this.groupsOf({ name: found.userName, uid: found.userUID }));
    // Tokens of a client that was removed end with it.
    const isOfClient = found && (await this.objects.get(OAUTH_CLIENTS, '', found.clientName)) !== undefined;
    if (found === undefined || groups === undefined || !isOfClient) throw unauthorized();
    return { username: found.userName, uid: found.userUID, groups, extra: { [SCOPES_KEY]: found.scopes } };
  }

  /** Whether the user is still there, and still the same. */
  async isCurrent(user: LoggedIn): Promise<boolean> {
    return (await this.groupsOf(user)) !== undefined;
  }

  private async groupsOf({ name, uid }: LoggedIn): Promise<string[] | undefined> {
    if (name === KUBEADMIN) {
      const kubeadmin = await findKubeadmin(this.objects);
      return kubeadmin?.uid === uid ? [...KUBEADMIN_GROUPS, OAUTH_GROUP] : undefined;
    }
    const user = await this.objects.get<User>(USERS, '', name);
    if (user?.metadata.uid !== uid || user.metadata.deletionTimestamp !== undefined) return undefined;
    return [...new Set([...(user.groups ?? []), ...this.groups.groupsOf(name)]), OAUTH_GROUP];
  }

  private holds(token: OAuthToken): boolean {
    const expiry = expiryOf(token);
    return token.metadata.deletionTimestamp === undefined && (expiry === undefined || expiry.getTime() > this.now());
  }
}
