import type { Access, Action, Subject, TokenAnswer, TokenRequest } from './access.js';
import { MAX_AUTHORIZATION_LENGTH, parseAuthorization } from './basic.js';
import { AccessUnavailableError } from './errors.js';
import type { Logins } from './logins.js';
import type { Policy } from './policy.js';
import type { Scope } from './scopes.js';
import { parseScopes, ScopeError } from './scopes.js';
import type { TokenAccess, Tokens } from './tokens.js';
import { ANONYMOUS } from './tokens.js';

/** What the token endpoint works with. */
export interface TokenIssuer {
  tokens: Tokens;
  policy: Policy;
  logins: Logins;
}

const RESOURCE_TYPES: ReadonlySet<string> = new Set<Access['type']>(['repository', 'registry', 'metrics']);
const MAX_TOKEN_LENGTH = MAX_AUTHORIZATION_LENGTH - 'Bearer '.length;

function refuse(status: 400 | 401 | 503, code: string, message: string): TokenAnswer {
  return { status, body: { errors: [{ code, message }] } };
}

/** The part of a scope that the rules give to `subject`; `*` asks for all they give. */
function grant(policy: Policy, subject: Subject, { type, name, actions }: Scope): TokenAccess[] {
  if (!RESOURCE_TYPES.has(type)) return [];
  const rights = policy(subject, { type: type as Access['type'], name });
  const granted = actions.includes('*') ? [...rights] : actions.filter((action) => rights.has(action as Action));
  return granted.length === 0 ? [] : [{ type, name, actions: granted }];
}

/** Who asks, or why that cannot be told. */
async function login(logins: Logins, authorization: string | undefined): Promise<Subject | string> {
  const credentials = parseAuthorization(authorization);
  if (credentials.scheme === 'none' || authorization === undefined) return ANONYMOUS;
  if (credentials.scheme === 'unusable') return credentials.reason;
  if (credentials.scheme === 'bearer') return 'tokens are given for Basic credentials, not for a token';
  const subject = await logins.check(authorization, credentials.user, credentials.password);
  return subject ?? 'invalid username or password';
}

async function answer({ tokens, policy, logins }: TokenIssuer, request: TokenRequest): Promise<TokenAnswer> {
  const scopes = parseScopes(request.scopes);
  const subject = await login(logins, request.authorization);
  if (typeof subject === 'string') return refuse(401, 'UNAUTHORIZED', subject);
  const access = scopes.flatMap((scope) => grant(policy, subject, scope));
  const { token, expiresInSeconds, issuedAt } = await tokens.issue(subject, access);
  if (token.length > MAX_TOKEN_LENGTH) throw new ScopeError('the scopes do not fit into a token, ask for fewer');
  return { status: 200, body: { token, access_token: token, expires_in: expiresInSeconds, issued_at: issuedAt } };
}

/**
 * Answers `GET` of the token endpoint (reference registry 2.1; distribution token specification): the token holds what of
 * the asked scopes the rules give, without credentials what they give to anonymous. The service parameter is not
 * compared: tokens always name ours, and clients send all sorts of things.
 */
export async function issueToken(issuer: TokenIssuer, request: TokenRequest): Promise<TokenAnswer> {
  try {
    return await answer(issuer, request);
  } catch (error) {
    if (error instanceof ScopeError) return refuse(400, error.code, error.message);
    if (error instanceof AccessUnavailableError) return refuse(503, 'UNAVAILABLE', error.message);
    throw error;
  }
}
