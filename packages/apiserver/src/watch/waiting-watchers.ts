import { scopesOf, type Scope } from './scope.js';
import type { SharedChange } from './shared-change.js';

/** A watcher that has seen all there is. */
export interface WaitingWatcher {
  readonly scope: Scope;
  /** The revision that it has seen. */
  position: number;
  /** Takes it out of the waiting ones. */
  wake: () => void;
}

/** Watchers by what they wait for, so that a change wakes only those whom it concerns. */
export class WaitingWatchers {
  private readonly byScope = new Map<Scope, Set<WaitingWatcher>>();

  add(watcher: WaitingWatcher): void {
    let watchers = this.byScope.get(watcher.scope);
    if (watchers === undefined) this.byScope.set(watcher.scope, (watchers = new Set()));
    watchers.add(watcher);
  }

  remove(watcher: WaitingWatcher): void {
    const watchers = this.byScope.get(watcher.scope);
    if (watchers?.delete(watcher) && watchers.size === 0) this.byScope.delete(watcher.scope);
  }

  /** Wakes those whom a change concerns. As nothing before it concerned them, they have seen all up to it. */
  wake({ entry, revision }: SharedChange): void {
    for (const scope of scopesOf(entry.key)) {
      for (const watcher of this.byScope.get(scope) ?? []) {
        if (watcher.position >= revision) continue;
        watcher.position = revision - 1;
        watcher.wake();
      }
    }
  }

  /** Wakes all, who have seen everything that concerns them up to the revision. */
  wakeAll(revision: number): void {
    const watchers = [...this.byScope.values()].flatMap((sameScope) => [...sameScope]);
    for (const watcher of watchers) {
      watcher.position = Math.max(watcher.position, revision);
      watcher.wake();
    }
  }
}
