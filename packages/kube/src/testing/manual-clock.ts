import type { Clock } from '../clock.js';

interface Sleeper {
  at: number;
  wake: () => void;
}

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  private time: number;
  private readonly sleepers = new Set<Sleeper>();

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const abort = () => {
        this.sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const wake = () => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { at: this.time + milliseconds, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** How many wait for the clock. */
  get waiting(): number {
    return this.sleepers.size;
  }

  /** When the next one wakes; undefined when nobody sleeps. */
  get nextWake(): number | undefined {
    return this.sleepers.size === 0 ? undefined : Math.min(...[...this.sleepers].map(({ at }) => at));
  }

  /** Moves the time on, step by step where somebody wakes, and lets them act. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (let next = this.nextWake; next !== undefined && next <= end; next = this.nextWake) {
      this.time = Math.max(this.time, next);
      for (const sleeper of [...this.sleepers]) if (sleeper.at <= this.time) sleeper.wake();
      await settle();
    }
    this.time = end;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
