import type { Clock } from '../clock.js';

/** How a request to a registry went. */
export interface RequestOutcome {
  /** Status, or a word for a failure. */
  code: number | string;
  /** Until its answer began. */
  seconds: number;
  retryAfterSeconds?: number;
}

/** A registry that has too much to do, and says so or does not come to it. */
const OVERLOADED: ReadonlySet<number | string> = new Set([429, 503, 'TIMEOUT']);
/** Slower than it was by so much, and slow at all: it has too much to do and does not say so. */
const SLOW_FACTOR = 10;
const SLOW_SECONDS = 2;
const SMOOTHING = 0.1;

/**
 * How much may be done with a registry at a time. Begins at the most, is halved when the registry refuses for load, shrinks when it
 * becomes slow, and grows by one after each round that goes well. A `Retry-After` holds for all who want to ask.
 */
export class AdaptiveLimit {
  readonly #waiting: (() => void)[] = [];
  #allowed: number;
  #running = 0;
  /** Outcomes until the limit may change again. */
  #untilChange = 0;
  #best = Infinity;
  #usual = 0;
  #pausedUntil = 0;

  constructor(
    readonly most: number,
    readonly clock: Clock,
  ) {
    this.#allowed = most;
  }

  /** How much may be done at a time now. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Does work when there is room for it. Errors: those of the work, the signal's reason. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      const pause = this.#pausedUntil - this.clock.now();
      if (pause > 0) await this.clock.sleep(pause, signal);
      return await work();
    } finally {
      this.#running -= 1;
      this.#admit();
    }
  }

  /** Learns from a request. */
  observe({ code, seconds, retryAfterSeconds }: RequestOutcome): void {
    const isOverloaded = OVERLOADED.has(code);
    if (isOverloaded && retryAfterSeconds !== undefined) {
      this.#pausedUntil = Math.max(this.#pausedUntil, this.clock.now() + retryAfterSeconds * 1000);
    }
    this.#best = Math.min(this.#best, seconds);
    this.#usual = this.#usual === 0 ? seconds : this.#usual + (seconds - this.#usual) * SMOOTHING;
    this.#untilChange -= 1;
    if (this.#untilChange > 0) return;
    const isSlow = this.#usual > SLOW_SECONDS && this.#usual > this.#best * SLOW_FACTOR;
    if (isOverloaded) this.#allowed = Math.max(Math.floor(this.#allowed / 2), 1);
    else if (isSlow) this.#allowed = Math.max(this.#allowed - 1, 1);
    else this.#allowed = Math.min(this.#allowed + 1, this.most);
    this.#untilChange = this.#allowed;
    this.#admit();
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.#allowed && this.#waiting.length === 0) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        this.#running += 1;
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  #admit(): void {
    while (this.#running < this.#allowed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }
}
