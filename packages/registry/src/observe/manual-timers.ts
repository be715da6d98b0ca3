import type { Timers } from './timers.js';

interface Due {
  at: number;
  run: () => void;
}

/** Time for tests: it stands still until `advance` moves it. */
export class ManualTimers implements Timers {
  readonly #due = new Set<Due>();
  #now = 0;

  after(milliseconds: number, run: () => void): () => void {
    const due = { at: this.#now + milliseconds, run };
    this.#due.add(due);
    return () => void this.#due.delete(due);
  }

  /** Moves time on and runs what falls due, in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#due.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }

  /** Timers that have neither run nor been called off. */
  get pending(): number {
    return this.#due.size;
  }

  #next(end: number): Due | undefined {
    const due = [...this.#due].filter(({ at }) => at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}
