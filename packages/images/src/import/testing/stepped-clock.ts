import type { Clock } from '@longshore/kube';

/** For tests: a clock that stands until it is moved. */
export class SteppedClock implements Clock {
  #time = Date.parse('2026-01-01T00:00:00Z');
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  /** How long those who sleep still want to. */
  get waits(): number[] {
    return [...this.#sleepers].map(({ at }) => at - this.#time);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const wake = () => {
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const sleeper = { at: this.#time + milliseconds, wake };
      if (signal?.aborted) return end();
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  /** Moves the time on, from one who wakes to the next. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    for (;;) {
      await turns();
      const [next] = [...this.#sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.wake();
    }
    this.#time = end;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
