import { Backoff, type Clock } from '@longshore/kube';
import { LRUCache } from 'lru-cache';

const BASE_MS = 60_000;
const MAX_MS = 3_600_000;
const MOST_REGISTRIES = 1000;

interface Pause {
  until: number;
  backoff: Backoff;
}

/** Registries that want to be left alone for a while (status 429): as long as they say, else longer each time. */
export class RegistryPauses {
  readonly #pauses = new LRUCache<string, Pause>({ max: MOST_REGISTRIES });

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  pause(registry: string, retryAfterSeconds?: number): void {
    const backoff = this.#pauses.get(registry)?.backoff ?? new Backoff(BASE_MS, MAX_MS, this.random);
    const own = backoff.next();
    const asked = retryAfterSeconds === undefined ? own : Math.min(retryAfterSeconds * 1000, MAX_MS);
    this.#pauses.set(registry, { until: this.clock.monotonic() + asked, backoff });
  }

  /** It has answered. */
  resume(registry: string): void {
    this.#pauses.delete(registry);
  }

  /** Milliseconds until it may be asked again; 0 when it may now. */
  remaining(registry: string): number {
    const { until = 0 } = this.#pauses.get(registry) ?? {};
    return Math.max(0, until - this.clock.monotonic());
  }
}
