import type { Access, Action, Subject, TokenAnswer, TokenRequest } from './access.js';
import { MAX_AUTHORIZATION_LENGTH, parseAuthorization } from './basic.js';
import type { Identities } from './create-access.js';
import { AccessUnavailableError } from './errors.js';
import type { Policy } from './policy.js';
import type { Scope } from './scopes.js';
import { parseScopes, ScopeError } from './scopes.js';
import type { TokenAccess, Tokens } from './tokens.js';
import { ANONYMOUS } from './tokens.js';

/** What the token endpoint works with. */
export interface TokenIssuer {
  tokens: Tokens;
  policy: Policy;
  identities: Identities;
}

const RESOURCE_TYPES: ReadonlySet<string> = new Set<Access['type']>(['repository', 'registry', 'metrics', 'admin']);
const MAX_TOKEN_LENGTH = MAX_AUTHORIZATION_LENGTH - 'Bearer '.length;

function refuse(status: 400 | 401 | 503, code: string, message: string): TokenAnswer {
  return { status, body: { errors: [{ code, message }] } };
}

/** What a policy can be asked for. */
const ACTIONS: ReadonlySet<string> = new Set<Action>(['pull', 'push', 'delete', '*', 'get', 'prune']);

/** The part of a scope that the policy gives to `subject`; `*` asks for all it gives. */
async function grant(policy: Policy, subject: Subject, { type, name, actions }: Scope): Promise<TokenAccess[]> {
  if (!RESOURCE_TYPES.has(type)) return [];
  const asked = actions.includes('*') ? [...ACTIONS] : actions.filter((action) => ACTIONS.has(action));
  const rights = await policy(subject, { type: type as Access['type'], name }, asked as Action[]);
  const granted = actions.includes('*') ? [...rights] : actions.filter((action) => rights.has(action as Action));
  return granted.length === 0 ? [] : [{ type, name, actions: granted }];
}

/** Who asks, or why that cannot be told. */
async function login(identities: Identities, authorization: string | undefined): Promise<Subject | string> {
  const credentials = parseAuthorization(authorization);
  if (credentials.scheme === 'none') return ANONYMOUS;
  if (credentials.scheme === 'unusable') return credentials.reason;
  if (credentials.scheme === 'bearer') return 'tokens are given for Basic credentials, not for a token';
  const subject = await identities.login(credentials);
  return subject ?? 'invalid username or password';
}

async function answer({ tokens, policy, identities }: TokenIssuer, request: TokenRequest): Promise<TokenAnswer> {
  const scopes = parseScopes(request.scopes);
  const subject = await login(identities, request.authorization);
  if (typeof subject === 'string') return refuse(401, 'UNAUTHORIZED', subject);
  const access = (await Promise.all(scopes.map((scope) => grant(policy, subject, scope)))).flat();
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
