import type { Key } from '../store.js';

const MOST_LISTS = 1_000;

/** How many entries are behind the page that a list has reached: for lists in pages, the latest thousand of them. */
export class RemainingCounts {
  private readonly counts = new Map<string, number>();

  /** What is behind `after`, when a page that ended there has told. */
  take(prefix: string, after: Key | undefined, revision: number): number | undefined {
    return after === undefined ? undefined : this.counts.get(position(prefix, after, revision));
  }

  keep(prefix: string, last: Key | undefined, revision: number, remaining: number): void {
    if (last === undefined) return;
    this.counts.set(position(prefix, last, revision), remaining);
    const [oldest] = this.counts.keys();
    if (this.counts.size > MOST_LISTS && oldest !== undefined) this.counts.delete(oldest);
  }
}

function position(prefix: string, key: Key, revision: number): string {
  return `${revision}\0${prefix}\0${key}`;
}
