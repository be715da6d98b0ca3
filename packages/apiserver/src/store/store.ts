/** Where objects are kept: an ordered map from keys to bytes, in which every commit has revisions of its own. */

/** `/group/resource/namespace/name`: begins with a slash; at most {@link MAX_KEY_BYTES} of UTF-8, none of them NUL. */
export type Key = string;

export const MAX_KEY_BYTES = 1024;

export interface Entry {
  key: Key;
  value: Buffer;
  /** The revision of the write that made this value. */
  revision: number;
}

export interface Page {
  entries: Entry[];
  /** The revision that the page shows; the same for all pages of a list. */
  revision: number;
  /** Whether there are entries behind the last one. */
  more: boolean;
  /** How many are behind the last one, when the store knows it cheaply. */
  remaining?: number;
}

export interface ListOptions {
  /** Keys that begin with it, in byte order. */
  prefix: string;
  /** Only keys behind this one. */
  after?: Key;
  limit?: number;
  /** As of this revision; default: now. Errors: StoreError `COMPACTED` or `FUTURE_REVISION`. */
  revision?: number;
}

export type Change =
  | { type: 'put'; entry: Entry; previous?: Entry }
  /** `entry.revision` is that of the deletion, `entry.value` the last value. */
  | { type: 'delete'; entry: Entry };

export type Write =
  | { type: 'create'; key: Key; value: Buffer }
  | { type: 'update'; key: Key; value: Buffer; revision: number }
  | { type: 'delete'; key: Key; revision: number };

/**
 * All methods reject with StoreError. A write that resolved survives a power cut. Revisions only grow, also across restarts;
 * that of an empty store is above 0.
 */
export interface Store {
  /** The revision of the latest write. */
  revision(): Promise<number>;
  get(key: Key): Promise<Entry | undefined>;
  list(options: ListOptions): Promise<Page>;
  count(prefix: string): Promise<number>;
  /** Errors: `EXISTS`. */
  create(key: Key, value: Buffer): Promise<Entry>;
  /** Replaces the value that `revision` wrote. Errors: `CONFLICT` when there is another or none. */
  update(key: Key, value: Buffer, revision: number): Promise<Entry>;
  /** Errors: `CONFLICT`, as for update. Resolves with the last value and the revision of the deletion. */
  delete(key: Key, revision: number): Promise<Entry>;
  /**
   * Several writes of different keys, all of them or none: nobody ever reads one without the others. Watches see them in this
   * order; their revisions grow, or are one and the same. Resolves with what each alone would. Errors: those of the first
   * that cannot be done; `TOO_LARGE` also when their values are together what one value must not be.
   */
  commit(writes: readonly Write[]): Promise<Entry[]>;
  /**
   * Every change of keys with this prefix behind the revision, in order, without gap or duplicate, in batches as they come.
   * A batch may be empty: it tells that the store has reached `revision`. Errors: `COMPACTED` when changes that belong in
   * are forgotten. Behind a revision that is not reached yet it waits. Ends with `signal`.
   */
  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<{ changes: Change[]; revision: number }>;
  /** Forgets the history up to this revision; what is current stays. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}

export type StoreErrorCode =
  'EXISTS' | 'CONFLICT' | 'COMPACTED' | 'FUTURE_REVISION' | 'TOO_LARGE' | 'FULL' | 'UNAVAILABLE' | 'CLOSED';

export class StoreError extends Error {
  /** For `EXISTS` and `CONFLICT`: what could not be written. */
  readonly key: Key | undefined;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    /** For `COMPACTED`: the oldest revision that can still be asked for; for `FUTURE_REVISION`: the newest. */
    readonly revision?: number,
    options: ErrorOptions & { key?: Key } = {},
  ) {
    super(message, options);
    this.key = options.key;
    this.name = 'StoreError';
  }
}
