import { statfsSync } from 'node:fs';
import { StoreError, type Entry, type Write } from '../store.js';
import { usedBytes, type Databases } from './databases.js';
import { applyCommits, compactHistory, trimHistory, type HistoryLimits } from './write-batch.js';

export interface WriteQueueOptions {
  folder: string;
  /** Bytes that the databases may take; then only deletions are let through. */
  maxBytes: number;
  history: HistoryLimits;
  now: () => number;
  /** After each transaction that is on the disk. */
  committed: () => void;
}

interface Pending {
  writes: readonly Write[];
  bytes: number;
  resolve: (entries: Entry[]) => void;
  reject: (error: StoreError) => void;
}

/** Bounds of one transaction, whose decisions are made on the main thread: about 7 microseconds for a write of 1 KB. */
const MOST_COMMITS = 1_000;
const MOST_BYTES = 16 * 2 ** 20;
/** Values that wait for their transaction. */
const MOST_PENDING_BYTES = 256 * 2 ** 20;
const COMPACT_AT_ONCE = 2_000;
/** With less than this, a failed write is told as a full disk: LMDB reports a short write as EIO. */
const DISK_NEARLY_FULL = 32 * 2 ** 20;
const [EIO, ENOSPC, EDQUOT] = [5, 28, 122];

/**
 * Commits come one transaction after the other; those that arrive while one is being synced share the next. 64 writers make
 * 18,000 durable creations of 1 KB a second where a single one makes 750.
 */
export class WriteQueue {
  private pending: Pending[] = [];
  private pendingBytes = 0;
  private running: Promise<void> | undefined;

  constructor(
    private readonly databases: Databases,
    private readonly options: WriteQueueOptions,
  ) {}

  /** Resolves when the writes are on the disk. */
  add(writes: readonly Write[]): Promise<Entry[]> {
    const bytes = writes.reduce((sum, write) => sum + sizeOf(write), 0);
    if (this.pendingBytes + bytes > MOST_PENDING_BYTES) {
      return Promise.reject(new StoreError('UNAVAILABLE', 'too many writes wait for the disk'));
    }
    this.pendingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.pending.push({ writes, bytes, resolve, reject });
      this.start();
    });
  }

  async compact(revision: number): Promise<void> {
    let done = false;
    while (!done) {
      await this.idle();
      if (this.running !== undefined) continue;
      this.running = this.transaction(() => {
        done = compactHistory(this.databases, revision, COMPACT_AT_ONCE);
      }).finally(() => this.restart());
      await this.running;
    }
  }

  /** When all that was added is done. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running.catch(() => undefined);
  }

  private start(): void {
    if (this.running !== undefined || this.pending.length === 0) return;
    this.running = this.run(this.take()).finally(() => this.restart());
  }

  private restart(): void {
    this.running = undefined;
    this.start();
  }

  private take(): Pending[] {
    let count = 0;
    let taken = 0;
    while (count < Math.min(this.pending.length, MOST_COMMITS) && taken < MOST_BYTES) {
      taken += (this.pending[count++] as Pending).bytes;
    }
    this.pendingBytes -= taken;
    return this.pending.splice(0, count);
  }

  private async run(batch: Pending[]): Promise<void> {
    const { maxBytes, history, now } = this.options;
    const commits = batch.map(({ writes }) => writes);
    let results: (Entry[] | StoreError)[] = [];
    try {
      await this.transaction(() => {
        const time = now();
        results = applyCommits(this.databases, commits, { room: maxBytes - usedBytes(this.databases), time });
        trimHistory(this.databases, history, commits.flat().length, time);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error as StoreError);
      return;
    }
    batch.forEach(({ resolve, reject }, index) => {
      const result = results[index] as Entry[] | StoreError;
      if (result instanceof StoreError) reject(result);
      else resolve(result);
    });
  }

  /** A child transaction, because lmdb-js commits a plain one even when its callback throws. Errors: StoreError. */
  private async transaction(action: () => void): Promise<void> {
    try {
      await this.databases.root.childTransaction(action);
    } catch (error) {
      throw await this.storeError(error);
    }
    this.options.committed();
  }

  private async storeError(error: unknown): Promise<StoreError> {
    if (error instanceof StoreError) return error;
    const { commitError } = error as { commitError?: Promise<never> };
    const cause = commitError === undefined ? error : await commitError.catch((reason: unknown) => reason);
    const code = (cause as { code?: unknown }).code;
    const nearlyFull = () => {
      const { bavail, bsize } = statfsSync(this.options.folder);
      return bavail * bsize < DISK_NEARLY_FULL;
    };
    if (code === ENOSPC || code === EDQUOT || (code === EIO && nearlyFull())) {
      return new StoreError('FULL', `the disk of ${this.options.folder} is full`, undefined, { cause });
    }
    const message = `the store in ${this.options.folder} could not be written: ${(cause as Error).message}`;
    return new StoreError('UNAVAILABLE', message, undefined, { cause });
  }
}

function sizeOf(write: Write): number {
  return write.key.length + (write.type === 'delete' ? 0 : write.value.length);
}
