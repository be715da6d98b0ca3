import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { SingleFlight } from '../single-flight.js';
import type { Token } from './token-endpoint.js';

interface CachedToken {
  token: string;
  until: number;
}

const MOST_TOKENS = 5000;
/** A token must live this much longer than its request takes; of short-lived ones a quarter is left. */
const MARGIN_SECONDS = 10;

/** Tokens until shortly before they end. Several who need the same one wait for one request. */
export class TokenCache {
  readonly #tokens = new LRUCache<string, CachedToken>({ max: MOST_TOKENS });
  readonly #requests = new SingleFlight<string>();

  constructor(readonly clock: Clock) {}

  /**
   * Returns the kept token for a key, or asks for one. `refused` is a token that the registry did not take: it is not
   * returned again. Errors: those of `request`, the signal's reason.
   */
  async get(
    key: string,
    options: { signal: AbortSignal; refused?: string | undefined; request: (signal: AbortSignal) => Promise<Token> },
  ): Promise<{ token: string; isFresh: boolean }> {
    const { signal, refused, request } = options;
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.token !== refused && kept.until > this.clock.now()) {
      return { token: kept.token, isFresh: false };
    }
    const token = await this.#requests.run(key, signal, async (shared) => {
      const { token: fresh, lifetimeSeconds } = await request(shared);
      const usable = lifetimeSeconds - Math.min(MARGIN_SECONDS, lifetimeSeconds / 4);
      this.#tokens.set(key, { token: fresh, until: this.clock.now() + usable * 1000 });
      return fresh;
    });
    return { token, isFresh: true };
  }
}
