import { hasReason } from '@longshore/kube';
import type { LoggedIn } from '../identity/access-tokens/access-tokens.js';
import { generateToken, isToken, tokenName } from '../identity/access-tokens/token-name.js';
import { expiryOf } from '../identity/kinds/oauth.js';
import { AUTHORIZE_TOKENS, OAUTH_GROUP, type OAuthAuthorizeToken, type OAuthClient } from '../identity/objects.js';
import { onlyRedirectUri, type AuthorizeRequest } from './authorize-request.js';
import { OAuthError } from './oauth-error.js';
import { equalTexts, matchesChallenge } from './pkce.js';
import { tokenSeconds, type OAuthServices } from './services.js';

const CODE_SECONDS = 300;

/** A code that the client exchanges for a token. */
export async function issueCode(
  { objects }: OAuthServices,
  { client, redirectUri, scopes, state, codeChallenge }: AuthorizeRequest,
  user: LoggedIn,
): Promise<string> {
  const code = generateToken();
  await objects.create<OAuthAuthorizeToken>(AUTHORIZE_TOKENS, {
    apiVersion: `${OAUTH_GROUP}/v1`,
    kind: 'OAuthAuthorizeToken',
    metadata: { name: tokenName(code) },
    clientName: client.metadata.name ?? '',
    expiresIn: CODE_SECONDS,
    redirectURI: redirectUri,
    scopes,
    userName: user.name,
    userUID: user.uid,
    ...(state !== undefined && { state }),
    ...(codeChallenge !== undefined && { codeChallenge, codeChallengeMethod: 'S256' }),
  });
  return code;
}

export interface ExchangeRequest {
  client: OAuthClient;
  code: string;
  /** May be left out by clients that have one only. */
  redirectUri: string | undefined;
  codeVerifier: string | undefined;
}

export interface IssuedToken {
  token: string;
  scopes: string[];
  /** Seconds; 0: for ever. */
  expiresIn: number;
}

/** A token for a code, which is good once (RFC 6749, 4.1.3). Errors: OAuthError `invalid_grant`. */
export async function exchangeCode(services: OAuthServices, request: ExchangeRequest): Promise<IssuedToken> {
  const { objects, accessTokens } = services;
  const { client, code } = request;
  const refused = new OAuthError('invalid_grant', 'the code is not valid, has expired, or was used before');
  if (!isToken(code)) throw refused;
  const name = tokenName(code);
  const held = await objects.get<OAuthAuthorizeToken>(AUTHORIZE_TOKENS, '', name);
  if (held === undefined || !isFor(held, request) || (expiryOf(held)?.getTime() ?? 0) <= services.now()) throw refused;
  const user = { name: held.userName, uid: held.userUID };
  if (!(await accessTokens.isCurrent(user))) throw refused;
  try {
    // Whoever deletes it has it: no two can.
    await objects.delete(AUTHORIZE_TOKENS, '', name);
  } catch (error) {
    if (hasReason(error, 'NotFound')) throw refused;
    throw error;
  }
  const expiresIn = await tokenSeconds(services, client);
  const { scopes, redirectURI: redirectUri = '' } = held;
  const token = await accessTokens.issue({ user, client, scopes, redirectUri, expiresIn, authorizeToken: name });
  return { token, scopes, expiresIn };
}

/** Whether a code was given to this client, for this address, and to who now shows the verifier. */
function isFor(held: OAuthAuthorizeToken, { client, redirectUri, codeVerifier }: ExchangeRequest): boolean {
  if (held.clientName !== client.metadata.name) return false;
  const sentTo = redirectUri ?? onlyRedirectUri(client);
  if (sentTo === undefined || !equalTexts(held.redirectURI ?? '', sentTo)) return false;
  if (held.codeChallenge === undefined) return codeVerifier === undefined;
  return codeVerifier !== undefined && matchesChallenge(codeVerifier, held.codeChallenge);
}
