import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError, type Store } from '../store/store.js';
import { RecentChanges, type RecentLimits } from './recent-changes.js';
import { isInScope, type Scope } from './scope.js';
import { SharedChange } from './shared-change.js';
import { WaitingWatchers, type WaitingWatcher } from './waiting-watchers.js';

export interface WatchOptions {
  scope: Scope;
  /** The revision that the watcher has seen. */
  after: number;
  /** Milliseconds without a change after which an empty batch tells the revision that is reached; default: never. */
  progressEvery?: number;
  signal: AbortSignal;
}

/** Changes in the order of their revisions, complete up to `revision`; empty when there is only progress to tell. */
export interface WatchBatch {
  changes: readonly SharedChange[];
  revision: number;
}

export interface WatchHub {
  /**
   * Every change in the scope behind the revision, without gap or duplicate. It ends with `signal`. Errors: StoreError
   * `COMPACTED` when changes that belong in are forgotten, `CLOSED` when the hub ends.
   */
  watch(options: WatchOptions): AsyncIterable<WatchBatch>;
  close(): Promise<void>;
}

export interface WatchHubOptions {
  /** What is kept in memory for watchers that are a little behind; for those far behind the store's own log is read. */
  recent?: RecentLimits;
  /** The store could not be followed. It is tried again, from where it stopped. */
  onFailure?: (error: unknown) => void;
}

const RECENT: RecentLimits = { changes: 10_000, bytes: 32 * 2 ** 20 };
const MOST_AT_ONCE = 500;
const RETRY_MILLISECONDS = [100, 200, 500, 1_000, 2_000, 5_000];

/**
 * Lets thousands of watchers follow a store that is read once. A watcher is a position, not a queue: what it has not taken
 * yet is looked up when it comes for more, so that a slow one costs no memory. It is dropped (`COMPACTED`) when the store
 * has forgotten what it should see next.
 */
export async function startWatchHub(store: Store, options: WatchHubOptions = {}): Promise<WatchHub> {
  return new Hub(store, options, await store.revision());
}

class Hub implements WatchHub {
  private recent: RecentChanges;
  private readonly waiting = new WaitingWatchers();
  private readonly closing = new AbortController();
  private readonly feeding: Promise<void>;

  constructor(
    private readonly store: Store,
    private readonly options: WatchHubOptions,
    revision: number,
  ) {
    this.recent = new RecentChanges(options.recent ?? RECENT, revision);
    this.feeding = this.feed();
  }

  async *watch({ scope, after, progressEvery, signal }: WatchOptions): AsyncGenerator<WatchBatch> {
    const watcher: WaitingWatcher = { scope, position: after, wake: () => undefined };
    const abort = () => watcher.wake();
    signal.addEventListener('abort', abort);
    try {
      while (!signal.aborted) {
        if (this.closing.signal.aborted) throw new StoreError('CLOSED', 'the watch hub is closed');
        if (watcher.position < this.recent.oldest) {
          yield* this.catchUp(watcher, signal);
          continue;
        }
        const batch = this.recent.behind(watcher.position, scope, MOST_AT_ONCE);
        watcher.position = batch.revision;
        if (batch.changes.length > 0) yield batch;
        else if (!(await this.news(watcher, progressEvery))) yield { changes: [], revision: watcher.position };
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.end();
    await this.feeding;
  }

  /** From the store's log, until what is in memory reaches far enough back. */
  private async *catchUp(watcher: WaitingWatcher, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    for await (const { changes, revision } of this.store.watch(watcher.scope, watcher.position, signal)) {
      watcher.position = revision;
      const concerned = changes.filter(({ entry }) => isInScope(watcher.scope, entry.key));
      if (concerned.length > 0) yield { changes: concerned.map((change) => new SharedChange(change)), revision };
      if (revision >= this.recent.oldest) return;
    }
  }

  /** Resolves with false when the time is over and there are none. */
  private news(watcher: WaitingWatcher, milliseconds: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isNews: boolean) => {
        clearTimeout(timer);
        this.waiting.remove(watcher);
        resolve(isNews);
      };
      const isOver = () => {
        watcher.position = Math.max(watcher.position, this.recent.revision);
        end(false);
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(isOver, milliseconds);
      watcher.wake = () => end(true);
      this.waiting.add(watcher);
    });
  }

  private async feed(): Promise<void> {
    for (let failures = 0; !this.closing.signal.aborted; failures++) {
      try {
        for await (const { changes, revision } of this.store.watch('', this.recent.revision, this.closing.signal)) {
          failures = 0;
          const shared = changes.map((change) => new SharedChange(change));
          this.recent.add(shared, revision);
          for (const change of shared) this.waiting.wake(change);
        }
      } catch (error) {
        await this.recover(error, RETRY_MILLISECONDS[Math.min(failures, RETRY_MILLISECONDS.length - 1)]);
      }
    }
  }

  private async recover(error: unknown, pause: number | undefined): Promise<void> {
    const code = error instanceof StoreError ? error.code : undefined;
    if (code === 'CLOSED') return this.end();
    this.options.onFailure?.(error);
    // What happened meanwhile is lost to this feed; each watcher asks the store whether that is so for its own position.
    if (code === 'COMPACTED') this.startAgain((error as StoreError).revision ?? this.recent.revision);
    await sleep(pause, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  private startAgain(revision: number): void {
    const seen = this.recent.revision;
    this.recent = new RecentChanges(this.options.recent ?? RECENT, revision);
    this.waiting.wakeAll(seen);
  }

  private end(): void {
    this.closing.abort();
    this.waiting.wakeAll(this.recent.revision);
  }
}
