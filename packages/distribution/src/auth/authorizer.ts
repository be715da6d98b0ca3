import type { ClientContext } from '../client/client-context.js';
import type { Endpoint } from '../client/endpoint.js';
import { answerFailure, failureOf } from '../client/failure.js';
import type { Credential } from '../credentials/credential.js';
import { readBeginning, readBody } from '../http/read-body.js';
import { sendFollowing } from '../http/redirects.js';
import { RemoteError } from '../remote-error.js';
import type { Challenge } from './challenge.js';
import { fingerprint } from './fingerprint.js';
import { basicAuthorization, readToken, RealmError, tokenRequest } from './token-endpoint.js';
import type { Token } from './token-endpoint.js';

/** What to authorize. */
export interface AuthorizationRequest {
  endpoint: Endpoint;
  challenge: Challenge;
  credential: Credential | undefined;
  /** `repository:team/app:pull`. */
  scopes: readonly string[];
  subject: string;
  signal: AbortSignal;
  /** A value that the registry did not take. */
  refused?: string | undefined;
}

export interface Authorization {
  /** Of the header; undefined when there is nothing to send. */
  value: string | undefined;
  /** Whether it was made now, so that asking again gives nothing better. */
  isFresh: boolean;
}

/** A token endpoint does not give a token for a credential. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';

  constructor(readonly status: number) {
    super(`the token endpoint answers ${status}`);
  }
}

const LARGEST_TOKEN_ANSWER = 256 * 1024;
const LARGEST_ERROR = 16 * 1024;
/** OAuth 2 says 400 for a refresh token that it does not know (RFC 6749 5.2). */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);

/**
 * Makes the value of `Authorization` that meets a challenge. Errors: TokenRefusedError; what the token endpoint's failures
 * become, RemoteError or Retryable; the signal's reason.
 */
export async function authorize(context: ClientContext, request: AuthorizationRequest): Promise<Authorization> {
  const { challenge, credential, endpoint, scopes, signal, refused } = request;
  if (challenge.scheme === 'basic') {
    const isPassword = credential !== undefined && 'password' in credential;
    return { value: isPassword ? basicAuthorization(credential) : undefined, isFresh: true };
  }
  const { parameters } = challenge;
  const parts = [
    endpoint.host,
    endpoint.insecure,
    parameters.get('realm'),
    parameters.get('service'),
    fingerprint(credential),
  ];
  const { token, isFresh } = await context.tokens.get(JSON.stringify([...parts, ...scopes]), {
    signal,
    refused: refused?.replace(/^Bearer /, ''),
    request: (shared) => fetchToken(context, { ...request, signal: shared }),
  });
  return { value: `Bearer ${token}`, isFresh };
}

async function fetchToken(context: ClientContext, request: AuthorizationRequest): Promise<Token> {
  const { endpoint, challenge, credential, scopes, subject, signal } = request;
  const { insecure, host: registry } = endpoint;
  let host = registry;
  try {
    const { url, ...rest } = tokenRequest(challenge, { scopes, insecure, ...(credential && { credential }) });
    host = url.host;
    const { answer } = await sendFollowing(
      (hop) => context.send(hop, { registry, operation: 'token', subject }),
      { url, ...rest, signal, insecure, trust: [] },
      ['authorization'],
    );
    const { statusCode: status, headers } = answer;
    if (status !== 200) {
      const body = await readBeginning(answer.body, LARGEST_ERROR);
      if (REFUSALS.has(status)) throw new TokenRefusedError(status);
      const hadCredentials = credential !== undefined;
      throw answerFailure({ status, headers, body }, { subject, host, hadCredentials, now: context.clock.now() });
    }
    const token = readToken(await readBody(answer.body, LARGEST_TOKEN_ANSWER));
    if (token !== undefined) return token;
    throw new RemoteError('INVALID', `${subject}: the token endpoint at ${host} answers without a token`);
  } catch (error) {
    if (error instanceof RealmError) throw new RemoteError('INVALID', `${subject}: ${error.message}`);
    throw failureOf(error, subject, host);
  }
}
