import { networkHost } from '@longshore/oci';
import { parseChallenges } from '../auth/challenge.js';
import type { Challenge } from '../auth/challenge.js';
import { readBeginning } from '../http/read-body.js';
import { sendFollowing } from '../http/redirects.js';
import { Retryable } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import { SingleFlight } from '../single-flight.js';
import type { ClientContext } from './client-context.js';
import { isErrorBody } from './error-body.js';
import { answerFailure, describe, failureOf } from './failure.js';
import type { RefusedAnswer } from './failure.js';

/** What a ping told of a registry. */
export interface Reached {
  /** `https://quay.io`. */
  origin: string;
  /** What it wants to see; undefined when it serves everybody. */
  challenge?: Challenge;
  /** Whether it has OpenShift's extension for signatures (registry.md 1.3). */
  hasSignatures: boolean;
}

const FRESH_FOR_MS = 600_000;
const LARGEST_ERROR = 16 * 1024;
const MAY_SPEAK_HTTP: ReadonlySet<string> = new Set(['HTTP_ONLY', 'UNAVAILABLE']);

/** One registry: how it is reached, what it wants to see, how often it may be asked. */
export class Endpoint {
  /** Whether it takes a blob with the request that begins its upload (registry.md 1.2); until it showed that it does not. */
  takesSinglePost = true;
  readonly #pings = new SingleFlight<Reached>();
  #reached: (Reached & { until: number }) | undefined;

  constructor(
    /** As in pull specs, `docker.io`. */
    readonly host: string,
    /** Whether unverified TLS and plain http will do. */
    readonly insecure: boolean,
    readonly context: ClientContext,
  ) {}

  /** Waits until the registry may be asked. */
  async turn(signal: AbortSignal): Promise<void> {
    await this.context.limiterFor(this.host)?.take(signal);
  }

  /** How the registry is reached, by a ping of the last ten minutes or a new one. Errors: as `ping`. */
  async reach(signal: AbortSignal): Promise<Reached> {
    const known = this.#reached;
    return known !== undefined && known.until > this.context.clock.now() ? known : this.ping(signal);
  }

  /** The next request pings again: a registry that failed may come back with TLS, or without. */
  forget(): void {
    this.#reached = undefined;
  }

  /** Remembers what the registry wanted to see. */
  learn(challenge: Challenge): void {
    if (this.#reached !== undefined) this.#reached.challenge = challenge;
  }

  /**
   * Asks `/v2/` (registry.md 1.2): over https, for an insecure registry over http when that fails. Errors: RemoteError,
   * NOT_A_REGISTRY when something else answers; Retryable.
   */
  async ping(signal: AbortSignal): Promise<Reached> {
    return this.#pings.run('', signal, async (shared) => {
      const reached = this.insecure ? await this.#pingEither(shared) : await this.#ping('https', shared);
      this.#reached = { ...reached, until: this.context.clock.now() + FRESH_FOR_MS };
      return reached;
    });
  }

  async #pingEither(signal: AbortSignal): Promise<Reached> {
    try {
      return await this.#ping('https', signal);
    } catch (failure) {
      const error = failure instanceof Retryable ? failure.error : failure;
      // With a status, something answered over TLS.
      const noTls = error instanceof RemoteError && error.status === undefined && MAY_SPEAK_HTTP.has(error.code);
      if (!noTls) throw failure;
      return this.#ping('http', signal);
    }
  }

  async #ping(scheme: 'https' | 'http', signal: AbortSignal): Promise<Reached> {
    const { context, host } = this;
    const url = new URL(`${scheme}://${networkHost(host, { insecure: scheme === 'http' })}/v2/`);
    await this.turn(signal);
    const request = {
      url,
      method: 'GET',
      headers: { ...context.options.headers },
      signal,
      insecure: this.insecure,
    } as const;
    const send: Parameters<typeof sendFollowing>[0] = (hop) =>
      context.send(hop, { registry: host, operation: 'ping', subject: host });
    const { answer } = await sendFollowing(send, { ...request, trust: [] }, this.confinedHeaders()).catch(
      (error: unknown) => {
        throw failureOf(error, host, url.host);
      },
    );
    const { statusCode: status, headers } = answer;
    const body = await readBeginning(answer.body, LARGEST_ERROR);
    this.#judgePing({ status, headers, body });
    const challenge = chooseChallenge(headers['www-authenticate']);
    const hasSignatures = headers['x-registry-supports-signatures'] === '1';
    return { origin: url.origin, hasSignatures, ...(status === 401 && challenge && { challenge }) };
  }

  /** The headers that stay with the registry when it redirects elsewhere. */
  confinedHeaders(): string[] {
    return ['authorization', ...Object.keys(this.context.options.headers ?? {}).map((name) => name.toLowerCase())];
  }

  #judgePing(answer: RefusedAnswer): void {
    const { status, headers, body } = answer;
    const speaksRegistry = headers['docker-distribution-api-version'] !== undefined || isErrorBody(body);
    const isPage = String(headers['content-type'] ?? '').startsWith('text/html');
    if (status === 429 || status >= 500) {
      const { host, context } = this;
      throw answerFailure(answer, { subject: host, host, hadCredentials: false, now: context.clock.now() });
    }
    const isWelcome = (status >= 200 && status < 300 && !isPage) || status === 401 || status === 403;
    if (isWelcome || speaksRegistry) return;
    throw new RemoteError(
      'NOT_A_REGISTRY',
      `${this.host}: what answers there is not a registry: GET /v2/ gives ${describe(answer)}; check the host and its port`,
      { status },
    );
  }
}

/** The challenge that we can meet: Bearer with a realm, else Basic. */
export function chooseChallenge(header: string | string[] | undefined): Challenge | undefined {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
}
