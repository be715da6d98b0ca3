import { Backoff } from '../backoff.js';
import { systemClock, type Clock } from '../clock.js';

/** What a handler has to say when it did not fail: nothing, or when to look again. */
export type WorkResult = { after: number } | undefined | void;

/** Does the work of one key. Throws to try again later, each time later than before. */
export type WorkHandler = (key: string, signal: AbortSignal) => Promise<WorkResult>;

export interface WorkQueueOptions {
  /** First wait after a failure. Default 5 ms. */
  baseMs?: number;
  /** Longest wait after a failure. Default 1000 s. */
  maxMs?: number;
  clock?: Clock;
  random?: () => number;
  /** Hears what handlers throw. */
  onError?: (error: unknown, key: string) => void;
}

/**
 * Keys that wait for work. A key waits once, however often it is added, and is never worked on twice at a time: added while
 * it is, it comes again behind.
 */
export class WorkQueue {
  private readonly ready = new Set<string>();
  private readonly active = new Set<string>();
  /** Added while active. */
  private readonly again = new Set<string>();
  private readonly delayed = new Map<string, { at: number; cancel: AbortController }>();
  private readonly failures = new Map<string, Backoff>();
  private readonly idleWorkers: (() => void)[] = [];
  private readonly clock: Clock;

  constructor(private readonly options: WorkQueueOptions = {}) {
    this.clock = options.clock ?? systemClock;
  }

  /** Keys that are ready, worked on, or wait for their time. */
  get size(): number {
    return new Set([...this.ready, ...this.active, ...this.delayed.keys()]).size;
  }

  add(key: string): void {
    this.cancelDelay(key);
    if (this.active.has(key)) this.again.add(key);
    else {
      this.ready.add(key);
      this.idleWorkers.shift()?.();
    }
  }

  /** Adds the key when the time has passed. Of several times for a key, the first counts. */
  addAfter(key: string, milliseconds: number): void {
    const at = this.clock.monotonic() + milliseconds;
    const known = this.delayed.get(key);
    if (known !== undefined && known.at <= at) return;
    if (this.ready.has(key)) return;
    this.cancelDelay(key);
    const cancel = new AbortController();
    this.delayed.set(key, { at, cancel });
    this.clock.sleep(milliseconds, cancel.signal).then(
      () => this.add(key),
      () => {},
    );
  }

  /**
   * Works with so many handlers at a time until `signal` is aborted; then waits for those that run. The keys that are left stay
   * in the queue.
   */
  async run(handler: WorkHandler, { workers = 1, signal }: { workers?: number; signal: AbortSignal }): Promise<void> {
    const wake = () => {
      for (const next of this.idleWorkers.splice(0)) next();
      for (const key of [...this.delayed.keys()]) this.cancelDelay(key);
    };
    signal.addEventListener('abort', wake);
    try {
      await Promise.all(Array.from({ length: workers }, () => this.work(handler, signal)));
    } finally {
      signal.removeEventListener('abort', wake);
      wake();
    }
  }

  private async work(handler: WorkHandler, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [key] = this.ready;
      if (key === undefined) {
        await new Promise<void>((resolve) => this.idleWorkers.push(resolve));
        continue;
      }
      this.ready.delete(key);
      this.active.add(key);
      await this.handle(key, handler, signal);
      this.active.delete(key);
      if (this.again.delete(key)) this.add(key);
    }
  }

  private async handle(key: string, handler: WorkHandler, signal: AbortSignal): Promise<void> {
    try {
      const result = await handler(key, signal);
      this.failures.delete(key);
      if (result !== undefined && !signal.aborted) this.addAfter(key, result.after);
    } catch (error) {
      if (signal.aborted) return;
      this.options.onError?.(error, key);
      const { baseMs = 5, maxMs = 1_000_000, random } = this.options;
      const backoff = this.failures.get(key) ?? new Backoff(baseMs, maxMs, random);
      this.failures.set(key, backoff);
      this.addAfter(key, backoff.next());
    }
  }

  private cancelDelay(key: string): void {
    this.delayed.get(key)?.cancel.abort();
    this.delayed.delete(key);
  }
}
