import type { Clock } from '../clock.js';

export interface Rate {
  perSecond: number;
  /** How many may go at once after a pause. */
  burst: number;
}

/** A bucket of tokens: requests go at once while there are some, then in the order in which they came, as tokens drop in. */
export class RateLimiter {
  #tokens: number;
  #filledAt: number;

  constructor(
    readonly rate: Rate,
    readonly clock: Clock,
  ) {
    this.#tokens = rate.burst;
    this.#filledAt = clock.now();
  }

  /** Waits for the turn of so much. Errors: the signal's reason; the turn is then given back. */
  async take(signal: AbortSignal, count = 1): Promise<void> {
    signal.throwIfAborted();
    this.#fill();
    this.#tokens -= count;
    if (this.#tokens >= 0) return;
    try {
      await this.clock.sleep((-this.#tokens / this.rate.perSecond) * 1000, signal);
    } catch (error) {
      this.#tokens += count;
      throw error;
    }
  }

  #fill(): void {
    const now = this.clock.now();
    const gained = (Math.max(now - this.#filledAt, 0) / 1000) * this.rate.perSecond;
    this.#tokens = Math.min(this.#tokens + gained, this.rate.burst);
    this.#filledAt = now;
  }
}
