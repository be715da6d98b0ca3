import { FULL_SCOPE } from '../identity/kinds/oauth.js';
import type { OAuthClient } from '../identity/objects.js';
import { OAuthError } from './oauth-error.js';
import { parameter } from './parameters.js';
import { isChallenge } from './pkce.js';
import { isRegistered } from './redirect-uri.js';

/** Who wants a token, and where it goes: known before anything is answered to the client. */
export interface Target {
  client: OAuthClient;
  redirectUri: string;
  state: string | undefined;
  /** Implicit answers stand in the fragment, codes in the query (RFC 6749, 4.1.2 and 4.2.2). */
  isImplicit: boolean;
}

export interface AuthorizeRequest extends Target {
  scopes: string[];
  codeChallenge: string | undefined;
}

/**
 * Whom to answer. Errors: OAuthError, to be shown to the user and never sent to the address in the request. `canonical` writes a
 * redirect URI as it was registered, where this server has several names.
 */
export function readTarget(
  query: URLSearchParams,
  client: OAuthClient | undefined,
  canonical: (uri: string) => string,
): Target {
  if (client === undefined) throw new OAuthError('invalid_request', 'client_id names no client of this server');
  const redirectUri = parameter(query, 'redirect_uri') ?? onlyRedirectUri(client);
  if (redirectUri === undefined || !isRegistered(canonical(redirectUri), client.redirectURIs ?? [])) {
    throw new OAuthError('invalid_request', 'redirect_uri is not one that the client has registered');
  }
  return {
    client,
    redirectUri,
    state: parameter(query, 'state'),
    isImplicit: parameter(query, 'response_type') === 'token',
  };
}

/** Where a client is answered that names no address, as it has registered one only (RFC 6749, 3.1.2.3 and 4.1.3). */
export function onlyRedirectUri({ redirectURIs = [] }: OAuthClient): string | undefined {
  return redirectURIs.length === 1 ? redirectURIs[0] : undefined;
}

/** What is wanted. Errors: OAuthError, to be sent to the client. */
export function readAuthorizeRequest(query: URLSearchParams, target: Target): AuthorizeRequest {
  const { client, isImplicit } = target;
  const responseType = parameter(query, 'response_type');
  if (responseType !== 'code' && responseType !== 'token') {
    throw new OAuthError('unsupported_response_type', 'response_type must be code or token');
  }
  if (isImplicit && client.respondWithChallenges !== true) {
    throw new OAuthError('unauthorized_client', 'this client may not use response_type token; use code with PKCE');
  }
  const scopes = readScopes(parameter(query, 'scope'), client);
  return { ...target, scopes, codeChallenge: isImplicit ? undefined : readChallenge(query, client) };
}

function readScopes(text: string | undefined, client: OAuthClient): string[] {
  const scopes = [...new Set((text ?? FULL_SCOPE).split(' ').filter((scope) => scope !== ''))];
  const restrictions = client.scopeRestrictions ?? [];
  for (const scope of scopes) {
    if (scope !== FULL_SCOPE) throw new OAuthError('invalid_scope', `the only scope is ${FULL_SCOPE}`);
    const isAllowed = restrictions.length === 0 || restrictions.some(({ literals }) => literals?.includes(scope));
    if (!isAllowed) throw new OAuthError('access_denied', 'the client may not ask for this scope');
  }
  return scopes;
}

/** Clients that cannot keep a secret must prove themselves by PKCE (RFC 9700, 2.1.1). */
function readChallenge(query: URLSearchParams, client: OAuthClient): string | undefined {
  const challenge = parameter(query, 'code_challenge');
  if (challenge === undefined) {
    if (client.secret === undefined) throw new OAuthError('invalid_request', 'code_challenge is missing (PKCE)');
    return undefined;
  }
  if (parameter(query, 'code_challenge_method') !== 'S256') {
    throw new OAuthError('invalid_request', 'code_challenge_method must be S256');
  }
  if (!isChallenge(challenge)) throw new OAuthError('invalid_request', 'code_challenge is malformed');
  return challenge;
}

/** Where the client hears the answer. */
export function answerUrl({ redirectUri, state, isImplicit }: Target, answer: Record<string, string>): string {
  const parameters = new URLSearchParams({ ...answer, ...(state !== undefined && { state }) }).toString();
  if (isImplicit) return `${redirectUri}#${parameters}`;
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${parameters}`;
}
