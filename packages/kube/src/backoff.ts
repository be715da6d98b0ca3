/** Waiting times that double up to a bound, with jitter, so that many who failed together do not come back together. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly baseMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait: between half of the interval and all of it. */
  next(): number {
    const interval = Math.min(this.baseMs * 2 ** Math.min(this.failures++, 30), this.maxMs);
    return interval * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
