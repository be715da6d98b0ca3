import { LRUCache } from 'lru-cache';
import { TokenCache } from '../auth/token-cache.js';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { ConnectionError } from '../http/connection-error.js';
import { RateLimiter } from '../http/rate-limiter.js';
import { parseRetryAfter } from '../http/retry-after.js';
import type { RetryOptions } from '../http/retry.js';
import { Transport } from '../http/transport.js';
import type { Answer, Request } from '../http/transport.js';
import { failureOf } from './failure.js';
import type { Operation, RegistryClientOptions } from './options.js';

const MOST_LIMITERS = 1000;

/** What the parts of one client share. */
export class ClientContext {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly tokens: TokenCache;
  readonly attempts: number;
  readonly userAgent: string;
  readonly #limiters = new LRUCache<string, RateLimiter>({ max: MOST_LIMITERS });

  constructor(readonly options: RegistryClientOptions) {
    const { clock = systemClock, connections = 32, connectTimeoutMs = 10_000, idleTimeoutMs = 60_000 } = options;
    const { addresses, proxy, lookup } = options;
    this.clock = clock;
    this.attempts = options.attempts ?? 4;
    this.userAgent = options.userAgent ?? 'longshore';
    this.tokens = new TokenCache(clock);
    this.transport = new Transport({
      connections,
      connectTimeoutMs,
      idleTimeoutMs,
      ...(addresses && { addresses }),
      ...(proxy && { proxy }),
      ...(lookup && { lookup }),
    });
  }

  /** How often and how patiently requests are repeated. */
  get retries(): Omit<RetryOptions, 'signal'> {
    return { attempts: this.attempts, clock: this.clock, longestWaitMs: this.options.longestWaitMs };
  }

  /** What bounds the requests to a registry, if they are bounded. */
  limiterFor(host: string): RateLimiter | undefined {
    const { rate } = this.options;
    if (rate === undefined) return undefined;
    const limiter = this.#limiters.get(host) ?? new RateLimiter(rate, this.clock);
    this.#limiters.set(host, limiter);
    return limiter;
  }

  /** The authorities for a URL to which a registry leads: its own and those of the URL's host. */
  trustFor(registry: string, url: URL): readonly string[] {
    const { trust } = this.options;
    if (trust === undefined) return [];
    return url.host === registry ? trust(registry) : [...new Set([...trust(registry), ...trust(url.host)])];
  }

  /**
   * Sends one request on behalf of a registry and tells the observer of it. Errors: what `failureOf` makes of a failure, the
   * signal's reason.
   */
  async send(
    request: Omit<Request, 'trust'>,
    purpose: { registry: string; operation: Operation; subject: string },
  ): Promise<Answer> {
    const { registry, operation, subject } = purpose;
    const { url, headers } = request;
    const start = performance.now();
    const observe = (code: number | string, retryAfterSeconds?: number) =>
      this.options.onRequest?.({
        registry,
        operation,
        code,
        seconds: (performance.now() - start) / 1000,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      });
    try {
      const trust = this.trustFor(registry, url);
      const answer = await this.transport.send({
        ...request,
        headers: { 'user-agent': this.userAgent, ...headers },
        trust,
      });
      observe(answer.statusCode, parseRetryAfter(answer.headers['retry-after'], this.clock.now()));
      return answer;
    } catch (error) {
      observe(error instanceof ConnectionError ? error.code : 'ABORTED');
      throw failureOf(error, subject, url.host);
    }
  }
}
