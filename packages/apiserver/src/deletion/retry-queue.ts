const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;

/**
 * Names of things to look at, each once however often it is asked for, worked on some at a time. What fails is looked at
 * again, later and later.
 */
export class RetryQueue {
  private readonly waiting = new Set<string>();
  private readonly underWay = new Set<string>();
  private readonly again = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private isEnded = false;

  constructor(
    private readonly limit: number,
    /** Resolves with whether it is done; what is not is looked at again later. */
    private readonly work: (name: string) => Promise<boolean>,
    private readonly onError: (error: unknown) => void,
  ) {}

  add(name: string): void {
    if (this.isEnded) return;
    // It may have been looked at already before what is new about it.
    if (this.underWay.has(name)) this.again.add(name);
    else this.waiting.add(name);
    this.next();
  }

  /** Drops what waits. What is under way comes to its end. */
  end(): void {
    this.isEnded = true;
    this.waiting.clear();
    this.again.clear();
    for (const timer of this.timers) clearTimeout(timer);
  }

  private next(): void {
    for (const name of this.waiting) {
      if (this.underWay.size >= this.limit) return;
      this.waiting.delete(name);
      this.underWay.add(name);
      void this.run(name);
    }
  }

  private async run(name: string): Promise<void> {
    let isDone = false;
    try {
      isDone = await this.work(name);
    } catch (error) {
      if (!this.isEnded) this.onError(error);
    }
    this.underWay.delete(name);
    if (isDone) this.failures.delete(name);
    else this.later(name);
    if (this.again.delete(name)) this.waiting.add(name);
    this.next();
  }

  private later(name: string): void {
    if (this.isEnded) return;
    const failures = this.failures.get(name) ?? 0;
    this.failures.set(name, failures + 1);
    const pause = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 20));
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.add(name);
    }, pause);
    this.timers.add(timer);
  }
}
