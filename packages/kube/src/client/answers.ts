import { LRUCache } from 'lru-cache';

export interface AnswersOptions<T> {
  /** How long an answer is believed, in milliseconds. */
  believedFor: (answer: T) => number;
  /** How many are remembered at most. */
  max: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * Remembers answers of a cluster for a short time, and asks once for all who wait for the same. Questions stay in memory: who
 * asks about a secret names it by a digest.
 */
export class Answers<T> {
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
    const known = this.#known.get(question);
    if (known !== undefined && this.#now() < known.until) return known.answer;
    const running = this.#asked.get(question);
    if (running !== undefined) return running;
    const asked = this.#ask(question, ask).finally(() => this.#asked.delete(question));
    this.#asked.set(question, asked);
    return asked;
  }

  async #ask(question: string, ask: () => Promise<T>): Promise<T> {
    const answer = await ask();
    this.#known.set(question, { answer, until: this.#now() + this.#believedFor(answer) });
    return answer;
  }
}
