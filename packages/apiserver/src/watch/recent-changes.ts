import { isInScope, type Scope } from './scope.js';
import type { SharedChange } from './shared-change.js';

export interface RecentLimits {
  changes: number;
  bytes: number;
}

/** The latest changes in the order of their revisions, no more than the limits allow. */
export class RecentChanges {
  private changes: (SharedChange | undefined)[] = [];
  /** How many at the front are gone; they are cut off when they are half of all. */
  private gone = 0;
  private bytes = 0;
  private forgotten: number;
  private latest: number;

  /** Nothing is known of what happened up to `revision`. */
  constructor(
    private readonly limits: RecentLimits,
    revision: number,
  ) {
    this.forgotten = revision;
    this.latest = revision;
  }

  /** All changes behind this revision are known. */
  get oldest(): number {
    return this.forgotten;
  }

  /** All changes up to this revision are known. */
  get revision(): number {
    return this.latest;
  }

  add(changes: readonly SharedChange[], revision: number): void {
    for (const change of changes) {
      this.changes.push(change);
      this.bytes += change.bytes;
    }
    this.latest = revision;
    while (this.changes.length - this.gone > this.limits.changes || this.bytes > this.limits.bytes) this.forgetFirst();
    if (this.gone > this.changes.length / 2) {
      this.changes = this.changes.slice(this.gone);
      this.gone = 0;
    }
  }

  /**
   * The changes in a scope behind a revision that is not older than `oldest`, at most `limit` of them and what was written
   * with the last; `revision`: up to where they are complete.
   */
  behind(position: number, scope: Scope, limit: number): { changes: SharedChange[]; revision: number } {
    const found: SharedChange[] = [];
    for (let index = this.firstBehind(position); index < this.changes.length; index++) {
      const change = this.changes[index] as SharedChange;
      const last = found.at(-1);
      if (last !== undefined && found.length >= limit && change.revision > last.revision) {
        return { changes: found, revision: last.revision };
      }
      if (isInScope(scope, change.entry.key)) found.push(change);
    }
    return { changes: found, revision: Math.max(position, this.latest) };
  }

  private firstBehind(position: number): number {
    let low = this.gone;
    let high = this.changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.changes[middle] as SharedChange).revision > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private forgetFirst(): void {
    const first = this.changes[this.gone] as SharedChange;
    this.changes[this.gone++] = undefined;
    this.bytes -= first.bytes;
    this.forgotten = first.revision;
  }
}
