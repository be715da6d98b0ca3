import { mkdirSync } from 'node:fs';
import { checkWrites } from '../limits.js';
import {
  StoreError,
  type Change,
  type Entry,
  type Key,
  type ListOptions,
  type Page,
  type Store,
  type Write,
} from '../store.js';
import { openDatabases, type Databases } from './databases.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { decodeCurrent, soughtKey } from './records.js';
import { RemainingCounts } from './remaining-counts.js';
import { Snapshot } from './snapshot.js';
import type { HistoryLimits } from './write-batch.js';
import { WriteQueue } from './write-queue.js';

export interface LmdbStoreOptions {
  /** A folder of its own, made when it is not there. */
  path: string;
  /** Bytes that the objects and their history may take; then writes but deletions fail with `FULL`. Default 16 GiB. */
  maxBytes?: number;
  history?: Partial<HistoryLimits>;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const GIB = 2 ** 30;
const HISTORY: HistoryLimits = { changes: 10_000, age: 5 * 60_000, most: 500_000 };
/** What a watcher is given at once. */
const WATCH_BATCH_BYTES = 2 ** 20;

/**
 * A store on one machine. A write that resolved is on the disk; what was never acknowledged may be there or not after a
 * crash, but is never there in part. History is kept in the database, so that watches and lists in pages go on after a
 * restart. Errors: StoreError `UNAVAILABLE` when another process has the folder open.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { path, maxBytes = 16 * GIB } = options;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(path);
  try {
    const databases = await openDatabases(path, 2 * maxBytes);
    return new LmdbStore(databases, lock, { ...options, maxBytes });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class LmdbStore implements Store {
  private readonly queue: WriteQueue;
  private readonly remaining = new RemainingCounts();
  private waiting: (() => void)[] = [];
  private waking: NodeJS.Immediate | undefined;
  private closed = false;

  constructor(
    private readonly databases: Databases,
    private readonly lock: FolderLock,
    { path, maxBytes, history, now = Date.now }: LmdbStoreOptions & { maxBytes: number },
  ) {
    this.queue = new WriteQueue(databases, {
      folder: path,
      maxBytes,
      history: { ...HISTORY, ...history },
      now,
      committed: () => this.wakeSoon(),
    });
  }

  async revision(): Promise<number> {
    return this.read(({ revision }) => revision);
  }

  async get(key: Key): Promise<Entry | undefined> {
    this.checkOpen();
    const bytes = this.databases.current.get(soughtKey(key));
    return bytes && decodeCurrent(key, bytes);
  }

  async list({ prefix, after, limit, revision }: ListOptions): Promise<Page> {
    return this.read((snapshot) => {
      const at = revision ?? snapshot.revision;
      if (revision !== undefined) checkRevision(revision, snapshot);
      const entries: Entry[] = [];
      let more = false;
      for (const entry of snapshot.entries({ prefix, ...(after !== undefined && { after }) }, at)) {
        more = entries.length === limit;
        if (more) break;
        entries.push(entry);
      }
      const page = { entries, revision: at, more };
      return more ? { ...page, remaining: this.countRemaining(snapshot, prefix, after, page) } : page;
    });
  }

  async count(prefix: string): Promise<number> {
    return this.read((snapshot) => snapshot.count({ prefix }));
  }

  create(key: Key, value: Buffer): Promise<Entry> {
    return this.write({ type: 'create', key, value });
  }

  update(key: Key, value: Buffer, revision: number): Promise<Entry> {
    return this.write({ type: 'update', key, value, revision });
  }

  delete(key: Key, revision: number): Promise<Entry> {
    return this.write({ type: 'delete', key, revision });
  }

  async commit(writes: readonly Write[]): Promise<Entry[]> {
    this.checkOpen();
    checkWrites(writes);
    return this.queue.add(writes);
  }

  async *watch(
    prefix: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<{ changes: Change[]; revision: number }> {
    const abort = () => this.wake();
    signal.addEventListener('abort', abort);
    try {
      for (let position = after; !signal.aborted;) {
        const batch = this.read((snapshot) => changesBehind(snapshot, prefix, position));
        if (batch === undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
        else {
          position = batch.revision;
          yield batch;
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async compact(revision: number): Promise<void> {
    const current = await this.revision();
    if (revision > current) throw futureRevision(revision, current);
    await this.queue.compact(revision);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue.idle();
    this.wake();
    await this.databases.root.close();
    await this.lock.release();
  }

  private async write(write: Write): Promise<Entry> {
    const [entry] = await this.commit([write]);
    return entry as Entry;
  }

  private read<T>(action: (snapshot: Snapshot) => T): T {
    this.checkOpen();
    const snapshot = new Snapshot(this.databases);
    try {
      return action(snapshot);
    } finally {
      snapshot.done();
    }
  }

  /** Counting costs 0.2 microseconds a key, so the pages of a list count down from the first. */
  private countRemaining(snapshot: Snapshot, prefix: string, after: Key | undefined, page: Page): number {
    const last = page.entries.at(-1)?.key ?? after;
    const known = this.remaining.take(prefix, after, page.revision);
    const remaining =
      known === undefined
        ? snapshot.count({ prefix, ...(last !== undefined && { after: last }) })
        : known - page.entries.length;
    this.remaining.keep(prefix, last, page.revision, remaining);
    return remaining;
  }

  private checkOpen(): void {
    if (this.closed) throw new StoreError('CLOSED', 'the store is closed');
  }

  /** Whoever wrote is answered before the watches, which are many, are told. */
  private wakeSoon(): void {
    this.waking ??= setImmediate(() => {
      this.waking = undefined;
      this.wake();
    });
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function checkRevision(revision: number, { revision: newest, compacted }: Snapshot): void {
  if (revision > newest) throw futureRevision(revision, newest);
  if (revision < compacted) throw compactedRevision(revision, compacted);
}

function changesBehind(
  snapshot: Snapshot,
  prefix: string,
  position: number,
): { changes: Change[]; revision: number } | undefined {
  if (position < snapshot.compacted) throw compactedRevision(position, snapshot.compacted);
  if (position >= snapshot.revision) return undefined;
  const changes: Change[] = [];
  let reached = position;
  for (const { revision, change } of snapshot.changes(prefix, position, WATCH_BATCH_BYTES)) {
    reached = revision;
    if (change !== undefined) changes.push(change);
  }
  return { changes, revision: reached };
}

function futureRevision(revision: number, newest: number): StoreError {
  return new StoreError('FUTURE_REVISION', `revision ${revision} is not reached yet: the newest is ${newest}`, newest);
}

function compactedRevision(revision: number, oldest: number): StoreError {
  return new StoreError('COMPACTED', `revision ${revision} is forgotten: the oldest known is ${oldest}`, oldest);
}
