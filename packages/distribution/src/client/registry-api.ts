import { LRUCache } from 'lru-cache';
import { authorize, TokenRefusedError } from '../auth/authorizer.js';
import type { Challenge } from '../auth/challenge.js';
import { fingerprint } from '../auth/fingerprint.js';
import type { Credential } from '../credentials/credential.js';
import { readBeginning } from '../http/read-body.js';
import { sendFollowing } from '../http/redirects.js';
import type { FollowedAnswer } from '../http/redirects.js';
import { retrying, Retryable } from '../http/retry.js';
import type { Method } from '../http/transport.js';
import { RemoteError } from '../remote-error.js';
import type { RepositoryName } from '../repository-name.js';
import type { ClientContext } from './client-context.js';
import { chooseChallenge } from './endpoint.js';
import type { Endpoint } from './endpoint.js';
import { answerFailure, failureOf } from './failure.js';
import type { RefusedAnswer } from './failure.js';
import type { Operation } from './options.js';
import { refusalOf, refusedError, tokenRefusal } from './refusal.js';
import type { Refusal } from './refusal.js';

/** A request to a repository of a registry's API. It may be sent several times. */
export interface ApiRequest {
  repository: RepositoryName;
  /** Those to try before none. */
  credentials: () => Promise<readonly Credential[]>;
  operation: Operation;
  method: Method;
  /** From `/v2/` on, with the query; or a whole URL, when the registry named one. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** What the token must allow in the repository. Default `pull`. */
  actions?: 'pull' | 'pull,push';
  /** Another repository of the registry, of which a blob is mounted: the token must allow to pull it. */
  mountFrom?: string;
  /** Statuses that are no failures. Default: those of reading. */
  successes?: ReadonlySet<number>;
  /** Default: as often as the client's options say. */
  attempts?: number;
  /** Those that stay with the registry when it redirects elsewhere; names in lower case. */
  registryHeaders: Record<string, string>;
  /** What was asked for, in messages: `quay.io/team/app:1.2`. */
  subject: string;
  signal: AbortSignal;
}

const LARGEST_ERROR = 16 * 1024;
const MOST_REPOSITORIES = 10_000;
const SUCCESSES: ReadonlySet<number> = new Set([200, 206, 304]);

/** Sends requests to registries until one attempt with one credential succeeds. */
export class RegistryApi {
  /** The credential that last gave access to a repository is tried first. */
  readonly #working = new LRUCache<string, string>({ max: MOST_REPOSITORIES });

  constructor(readonly context: ClientContext) {}

  /**
   * Sends a request and reads its answer by `read`; both are repeated while that may help. Errors: RemoteError, those of
   * `read`, the signal's reason.
   */
  async request<T>(endpoint: Endpoint, request: ApiRequest, read: (answer: FollowedAnswer) => Promise<T>): Promise<T> {
    const { context } = this;
    const { signal, subject, attempts = context.attempts } = request;
    return retrying(
      async () => {
        const followed = await this.#succeed(endpoint, request);
        try {
          return await read(followed);
        } catch (error) {
          signal.throwIfAborted();
          throw failureOf(error, subject, followed.url.host);
        }
      },
      { ...context.retries, attempts, signal },
    );
  }

  /** One attempt, with each credential. */
  async #succeed(endpoint: Endpoint, request: ApiRequest): Promise<FollowedAnswer> {
    const reached = await endpoint.reach(request.signal);
    let { challenge } = reached;
    if (challenge === undefined) {
      const followed = await this.#exchange(endpoint, request, reached.origin, undefined);
      challenge = isRefused(followed) ? chooseChallenge(followed.answer.headers['www-authenticate']) : undefined;
      if (challenge === undefined) return this.#judge(endpoint, request, followed, false);
      await followed.answer.body.dump();
      endpoint.learn(challenge);
    }
    const refusals: Refusal[] = [];
    const key = `${request.repository.host}/${request.repository.name}`;
    for (const credential of await this.#candidates(request, key)) {
      const outcome = await this.#try(endpoint, request, reached.origin, challenge, credential);
      if (!('code' in outcome)) {
        this.#working.set(key, fingerprint(credential));
        return this.#judge(endpoint, request, outcome, credential !== undefined);
      }
      refusals.push(outcome);
    }
    throw refusedError(refusals, request.subject, endpoint.host);
  }

  async #candidates(request: ApiRequest, key: string): Promise<(Credential | undefined)[]> {
    const given = await request.credentials();
    const byFingerprint = new Map([...given, undefined].map((one) => [fingerprint(one), one]));
    const working = this.#working.get(key) ?? '';
    if (!byFingerprint.has(working)) return [...byFingerprint.values()];
    const first = byFingerprint.get(working);
    byFingerprint.delete(working);
    return [first, ...byFingerprint.values()];
  }

  /** One credential: a kept token that the registry does not take any more is renewed once. */
  async #try(
    endpoint: Endpoint,
    request: ApiRequest,
    origin: string,
    challenge: Challenge,
    credential: Credential | undefined,
  ): Promise<FollowedAnswer | Refusal> {
    const hadCredentials = credential !== undefined;
    const scopes = scopesOf(request);
    const { subject, signal } = request;
    let current = challenge;
    let refused: string | undefined;
    for (;;) {
      const wanted = { endpoint, challenge: current, credential, scopes, subject, signal, refused };
      const made = await authorize(this.context, wanted).catch((error: unknown) => {
        if (error instanceof TokenRefusedError) return error;
        throw error;
      });
      if (made instanceof TokenRefusedError) return tokenRefusal(made, hadCredentials);
      const followed = await this.#exchange(endpoint, request, origin, made.value);
      if (!isRefused(followed)) return followed;
      const next = chooseChallenge(followed.answer.headers['www-authenticate']);
      const asToken = current.scheme === 'bearer';
      const isLast = refused !== undefined || (made.isFresh && !isOtherRealm(current, next));
      if (followed.answer.statusCode === 403 || isLast || next?.scheme !== 'bearer') {
        return refusalOf(await refusedAnswer(followed), { hadCredentials, asToken });
      }
      await followed.answer.body.dump();
      endpoint.learn(next);
      current = next;
      refused = made.value ?? '';
    }
  }

  async #exchange(
    endpoint: Endpoint,
    request: ApiRequest,
    origin: string,
    authorization: string | undefined,
  ): Promise<FollowedAnswer> {
    const { context } = this;
    const { operation, method, path, body, subject, signal } = request;
    await endpoint.turn(signal);
    const url = new URL(path, origin);
    const isElsewhere = url.origin !== origin;
    const headers = {
      ...request.headers,
      ...(!isElsewhere && {
        ...context.options.headers,
        ...request.registryHeaders,
        ...(authorization !== undefined && { authorization }),
      }),
    };
    try {
      const followed = await sendFollowing(
        (hop) => context.send(hop, { registry: endpoint.host, operation, subject }),
        { url, method, headers, signal, insecure: endpoint.insecure, trust: [], ...(body && { body }) },
        [...endpoint.confinedHeaders(), ...Object.keys(request.registryHeaders)],
      );
      return { ...followed, isElsewhere: isElsewhere || followed.isElsewhere };
    } catch (error) {
      if (!signal.aborted) endpoint.forget();
      throw failureOf(error, subject, url.host);
    }
  }

  /** Lets successes through. */
  async #judge(
    endpoint: Endpoint,
    request: ApiRequest,
    followed: FollowedAnswer,
    hadCredentials: boolean,
  ): Promise<FollowedAnswer> {
    const { subject } = request;
    const { statusCode: status } = followed.answer;
    if ((request.successes ?? SUCCESSES).has(status)) return followed;
    const answer = await refusedAnswer(followed);
    const { host } = followed.url;
    if (status === 401 || status === 403) {
      if (!followed.isElsewhere) throw refusedError([refusalOf(answer, NOBODY)], subject, endpoint.host);
      // A signed address has run out: the registry gives another one.
      const words = `${subject}: ${host}, to which ${endpoint.host} redirects, answers ${status}`;
      throw new Retryable(new RemoteError('UNAVAILABLE', words, { status, hadCredentials }));
    }
    throw answerFailure(answer, { subject, host, hadCredentials, now: this.context.clock.now() });
  }
}

function scopesOf({ repository, actions = 'pull', mountFrom }: ApiRequest): string[] {
  const own = `repository:${repository.name}:${actions}`;
  return mountFrom === undefined ? [own] : [own, `repository:${mountFrom}:pull`];
}

const NOBODY = { hadCredentials: false, asToken: false };

/** Only the registry itself can refuse a credential: nobody else sees it. */
function isRefused({ answer, isElsewhere }: FollowedAnswer): boolean {
  return !isElsewhere && (answer.statusCode === 401 || answer.statusCode === 403);
}

function isOtherRealm(current: Challenge, next: Challenge | undefined): boolean {
  return ['realm', 'service'].some((name) => current.parameters.get(name) !== next?.parameters.get(name));
}

async function refusedAnswer({ answer }: FollowedAnswer): Promise<RefusedAnswer> {
  const { statusCode: status, headers, body } = answer;
  return { status, headers, body: await readBeginning(body, LARGEST_ERROR) };
}
