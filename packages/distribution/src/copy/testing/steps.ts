import type { Clock } from '../../clock.js';

/** Time passes only when somebody sleeps. */
export class Steps implements Clock {
  readonly slept: number[] = [];
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.#now += milliseconds;
  }

  /** How long somebody has slept, in seconds. */
  get secondsSlept(): number {
    return this.slept.reduce((total, milliseconds) => total + milliseconds, 0) / 1000;
  }
}
