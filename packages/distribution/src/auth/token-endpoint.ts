import type { Credential } from '../credentials/credential.js';
import type { Challenge } from './challenge.js';

/** A request to a token endpoint, to be sent as it is. */
export interface TokenRequest {
  url: URL;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

export interface Token {
  token: string;
  lifetimeSeconds: number;
}

/** The realm of a challenge is nowhere that credentials may go. */
export class RealmError extends Error {
  override readonly name = 'RealmError';
  readonly code = 'REALM_REFUSED';
}

/** What a token lives when the endpoint says nothing (distribution's token specification). */
const DEFAULT_LIFETIME = 60;
const LONGEST_LIFETIME = 24 * 3600;
const LONGEST_TOKEN = 64 * 1024;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Where a Bearer challenge sends us. Over http only when the registry need not be secure. Errors: RealmError. */
function realmOf(challenge: Challenge, insecure: boolean): URL {
  const realm = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw new RealmError('the registry names a token endpoint that is not a URL');
  const url = new URL(realm);
  if (url.username !== '' || url.password !== '') {
    throw new RealmError('the registry names a token endpoint with credentials in its URL');
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && insecure)) return url;
  throw new RealmError(
    `the registry names a token endpoint at ${url.protocol}//${url.host}, to which credentials cannot be sent safely; ` +
      'mark the registry as insecure to use it all the same',
  );
}

/**
 * Asks for a token by GET with a password or anonymously, by POST with an identity token (distribution's token and OAuth 2
 * specifications). Errors: RealmError.
 */
export function tokenRequest(
  challenge: Challenge,
  options: { scopes: readonly string[]; credential?: Credential; insecure: boolean },
): TokenRequest {
  const { scopes, credential, insecure } = options;
  const url = realmOf(challenge, insecure);
  const service = challenge.parameters.get('service');
  if (credential !== undefined && 'identityToken' in credential) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credential.identityToken });
    form.set('client_id', 'longshore');
    form.set('scope', scopes.join(' '));
    if (service !== undefined) form.set('service', service);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return { url, method: 'POST', headers, body: form.toString() };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = { accept: 'application/json' };
  if (credential === undefined) return { url, method: 'GET', headers };
  return { url, method: 'GET', headers: { ...headers, authorization: basicAuthorization(credential) } };
}

/** The value of `Authorization` for a user name and password (RFC 7617). */
export function basicAuthorization({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Reads a token endpoint's answer; undefined when there is no token in it that could be a header's value. */
export function readToken(body: Uint8Array): Token | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, access_token: accessToken, expires_in: expiresIn } = value as Record<string, unknown>;
  const text = [token, accessToken].find((one) => typeof one === 'string' && one !== '');
  if (typeof text !== 'string' || text.length > LONGEST_TOKEN || !VISIBLE_ASCII.test(text)) return undefined;
  const isLifetime = typeof expiresIn === 'number' && expiresIn > 0;
  return { token: text, lifetimeSeconds: isLifetime ? Math.min(expiresIn, LONGEST_LIFETIME) : DEFAULT_LIFETIME };
}
