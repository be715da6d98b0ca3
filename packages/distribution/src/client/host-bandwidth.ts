import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { RateLimiter } from '../http/rate-limiter.js';
import { comparableHost } from '../repository-name.js';

/** Bounds the bytes of blobs that come from and go to single hosts; both directions count together. */
export class HostBandwidth {
  readonly #limiters: ReadonlyMap<string, RateLimiter>;

  /** @param bytesPerSecond by host as in pull specs; those that are not named are not bounded */
  constructor(bytesPerSecond: ReadonlyMap<string, number>, clock: Clock = systemClock) {
    const limiterOf = (perSecond: number) => new RateLimiter({ perSecond, burst: perSecond / 4 }, clock);
    this.#limiters = new Map([...bytesPerSecond].map(([host, rate]) => [comparableHost(host), limiterOf(rate)]));
  }

  of(host: string): RateLimiter | undefined {
    return this.#limiters.get(comparableHost(host));
  }
}
