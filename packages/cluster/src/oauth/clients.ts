import { randomBytes } from 'node:crypto';
import type { ObjectAccess } from '@longshore/apiserver';
import { OAUTH_CLIENTS, OAUTH_GROUP, type OAuthClient } from '../identity/objects.js';

/** `oc login -u` */
const CHALLENGING_CLIENT = 'openshift-challenging-client';
/** The page that shows a token. */
export const BROWSER_CLIENT = 'openshift-browser-client';
/** `oc login --web` */
const CLI_CLIENT = 'openshift-cli-client';

/** The clients that every cluster has. */
function builtInClients(publicUrl: string): OAuthClient[] {
  const client = (name: string, fields: Partial<OAuthClient>): OAuthClient => ({
    apiVersion: `${OAUTH_GROUP}/v1`,
    kind: 'OAuthClient',
    metadata: { name },
    grantMethod: 'auto',
    ...fields,
  });
  return [
    client(CHALLENGING_CLIENT, {
      respondWithChallenges: true,
      redirectURIs: [`${publicUrl}/oauth/token/implicit`],
    }),
    client(BROWSER_CLIENT, {
      // Its codes are exchanged in this process; nobody else may.
      secret: randomBytes(32).toString('base64url'),
      redirectURIs: [`${publicUrl}/oauth/token/display`],
    }),
    client(CLI_CLIENT, { redirectURIs: ['http://127.0.0.1/callback', 'http://[::1]/callback'] }),
  ];
}

/** Makes the clients that are missing, and tells the others where this server now is. */
export async function ensureOAuthClients(objects: ObjectAccess, publicUrl: string): Promise<void> {
  for (const wanted of builtInClients(new URL(publicUrl).origin)) {
    const known = await objects.get<OAuthClient>(OAUTH_CLIENTS, '', wanted.metadata.name ?? '');
    if (known === undefined) await objects.create<OAuthClient>(OAUTH_CLIENTS, wanted);
    else if (JSON.stringify(known.redirectURIs) !== JSON.stringify(wanted.redirectURIs)) {
      await objects.update<OAuthClient>(OAUTH_CLIENTS, { ...known, redirectURIs: wanted.redirectURIs ?? [] });
    }
  }
}
