import type { Store } from '../store.js';

/**
 * Compacts, again and again, what was history already one interval ago: so a change is kept for one interval at least and two
 * at most. Several servers may do so side by side.
 */
export class Compactor {
  private readonly timer: NodeJS.Timeout | undefined;
  private last: number | undefined;

  /** `interval` in milliseconds; 0: never. */
  constructor(
    private readonly store: Pick<Store, 'revision' | 'compact'>,
    interval: number,
  ) {
    if (interval > 0) this.timer = setInterval(() => void this.compact().catch(() => undefined), interval).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A failure is of no consequence: the next interval's turn compacts what this one should have. */
  private async compact(): Promise<void> {
    const before = this.last;
    this.last = await this.store.revision();
    if (before !== undefined) await this.store.compact(before);
  }
}
