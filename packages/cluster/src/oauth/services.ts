import type { ObjectAccess } from '@longshore/apiserver';
import type { AccessTokens } from '../identity/access-tokens/access-tokens.js';
import type { PasswordLogin } from '../identity/passwords/password-login.js';
import { OAUTH_CLIENTS, OAUTH_CONFIGS, type OAuthClient, type OAuthConfig } from '../identity/objects.js';
import type { Cookies } from './cookies.js';
import type { OwnUrls } from './own-urls.js';

/** What the endpoints share. */
export interface OAuthServices {
  objects: ObjectAccess;
  accessTokens: AccessTokens;
  passwords: PasswordLogin;
  cookies: Cookies;
  urls: OwnUrls;
  now: () => number;
}

const DEFAULT_TOKEN_SECONDS = 24 * 60 * 60;

export async function findClient(
  { objects }: OAuthServices,
  name: string | undefined,
): Promise<OAuthClient | undefined> {
  if (name === undefined || name.includes('/')) return undefined;
  const client = await objects.get<OAuthClient>(OAUTH_CLIENTS, '', name);
  return client?.metadata.deletionTimestamp === undefined ? client : undefined;
}

/** How long a new token of the client holds, in seconds; 0: for ever. */
export async function tokenSeconds({ objects }: OAuthServices, client: OAuthClient): Promise<number> {
  if (client.accessTokenMaxAgeSeconds !== undefined) return client.accessTokenMaxAgeSeconds;
  const config = await objects.get<OAuthConfig>(OAUTH_CONFIGS, '', 'cluster');
  const ofCluster = config?.spec?.tokenConfig?.accessTokenMaxAgeSeconds ?? 0;
  return ofCluster > 0 ? ofCluster : DEFAULT_TOKEN_SECONDS;
}
