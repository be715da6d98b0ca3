/** Lets at most `limit` operations run at once; the others wait in the order in which they came. */
export class Limiter {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`the limit must be a positive integer, not ${limit}`);
  }

  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes over our place, so that nobody slips in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
