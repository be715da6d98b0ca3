import { setMaxListeners } from 'node:events';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import type { RequestOutcome } from './adaptive-limit.js';

/** How much is done at a time. */
export interface LimitOptions {
  /** So many stores may be fully busy at a time. Default 4. */
  maxStores?: number;
  /** Work with each store at a time. Default 6. */
  maxPerStore?: number;
  clock?: Clock;
}

/** The limits of all stores of a copy. */
export class StoreLimits {
  readonly maxStores: number;
  readonly maxPerStore: number;
  readonly #clock: Clock;
  readonly #limits = new Map<string, AdaptiveLimit>();
  readonly #all: AdaptiveLimit;

  constructor({ maxStores = 4, maxPerStore = 6, clock = systemClock }: LimitOptions = {}) {
    this.maxStores = maxStores;
    this.maxPerStore = maxPerStore;
    this.#clock = clock;
    this.#all = new AdaptiveLimit(maxStores * maxPerStore, clock);
  }

  /** How much can be done at a time at all. */
  get most(): number {
    return this.maxStores * this.maxPerStore;
  }

  /** Does work that uses stores, each once. All take them in the same order, so nobody waits in a circle. */
  async run<T>(stores: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    setMaxListeners(0, signal);
    const take = [...new Set(stores)]
      .sort()
      .reduceRight<() => Promise<T>>((inner, store) => () => this.of(store).run(signal, inner), work);
    return this.#all.run(signal, take);
  }

  /** Learns from a request to a registry. */
  observe(registry: string, outcome: RequestOutcome): void {
    this.of(registry).observe(outcome);
  }

  of(store: string): AdaptiveLimit {
    const limit = this.#limits.get(store) ?? new AdaptiveLimit(this.maxPerStore, this.#clock);
    this.#limits.set(store, limit);
    return limit;
  }
}
