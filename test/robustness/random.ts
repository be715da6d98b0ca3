const DEFAULT_SEED = 20_240_611;

/** The seed of all random choices here. `ROBUSTNESS_SEED` repeats a failed run, or makes a new one. */
export const seed = Number(process.env['ROBUSTNESS_SEED'] ?? DEFAULT_SEED);

/** Random numbers that are the same for the same name and seed. */
export class Random {
  #state: number;

  constructor(name: string) {
    this.#state = [...name].reduce((state, letter) => Math.imul(state ^ letter.charCodeAt(0), 0x01000193), seed);
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  fraction(): number {
    // Weyl sequence and two rounds of mixing, as in "splitmix32".
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both inclusive. */
  between(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.between(0, items.length - 1)] ?? items[0];
  }
}
