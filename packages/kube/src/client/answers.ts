import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface AnswersOptions<T> {
  /** How long an answer is believed, in milliseconds. */
  believedFor: (answer: T) => number;
  /** How many are remembered at most. */
  max: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Remembers answers of a cluster for a short time, and asks once for all who wait for the same. */
export class Answers<T> {
  // Questions hold tokens and must not stay in memory, so the key is a digest behind a random prefix.
  readonly #prefix = randomBytes(32).toString('base64');
  readonly #known: LRUCache<string, { answer: T; until: number }>;
  readonly #asked = new Map<string, Promise<T>>();
  readonly #believedFor: (answer: T) => number;
  readonly #now: () => number;

  constructor({ believedFor, max, now = Date.now }: AnswersOptions<T>) {
    this.#known = new LRUCache({ max });
    this.#believedFor = believedFor;
    this.#now = now;
  }

  /** At once when the answer is known. Errors: those of `ask`, which are not remembered. */
  of(question: string, ask: () => Promise<T>): T | Promise<T> {
    const key = hash('sha256', this.#prefix + question, 'base64');
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() < known.until) return known.answer;
    const running = this.#asked.get(key);
    if (running !== undefined) return running;
    const asked = this.#ask(key, ask).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const answer = await ask();
    this.#known.set(key, { answer, until: this.#now() + this.#believedFor(answer) });
    return answer;
  }
}
