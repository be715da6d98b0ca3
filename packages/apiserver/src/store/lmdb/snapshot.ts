import type { Transaction } from 'lmdb';
import { behindPrefix } from '../key-range.js';
import { StoreError, type Change, type Entry, type Key } from '../store.js';
import type { Databases } from './databases.js';
import {
  decodeCurrent,
  decodeHistoryKey,
  decodeLogRecord,
  decodeRevision,
  encodeHistoryKey,
  encodeRevision,
  soughtKey,
  type LogRecord,
} from './records.js';
import { undoChanges } from './undo-changes.js';

/** A part of the key space. */
export interface KeyRange {
  prefix: string;
  /** Only keys behind this one. */
  after?: Key;
}

/** One state of the databases: what is read through it belongs together. To be ended with `done`. */
export class Snapshot {
  readonly revision: number;
  private readonly transaction: Transaction;

  constructor(private readonly databases: Databases) {
    databases.root.resetReadTxn();
    this.transaction = databases.root.useReadTransaction();
    this.revision = this.counter('revision');
  }

  get compacted(): number {
    return this.counter('compacted');
  }

  done(): void {
    this.transaction.done();
  }

  /** In key order, as of a revision that is not compacted. */
  entries(range: KeyRange, revision: number): Iterable<Entry> {
    const current = this.current(range);
    if (revision === this.revision) return current;
    return undoChanges(current, this.changedKeys(range), revision, (change) => this.logRecord(change).previous);
  }

  count({ prefix, after }: KeyRange): number {
    return this.databases.current.getKeysCount(this.options(prefix, after));
  }

  /** What has changed behind a revision, in order, until about `bytes` of values have been read. */
  *changes(prefix: string, after: number, bytes: number): Iterable<{ revision: number; change?: Change }> {
    const { log } = this.databases;
    let read = 0;
    for (const { key, value } of log.getRange({
      start: encodeRevision(after + 1),
      end: encodeRevision(this.revision + 1),
      transaction: this.transaction,
    })) {
      const revision = decodeRevision(key);
      const record = decodeLogRecord(value);
      read += value.length;
      if (record.key.startsWith(prefix)) {
        const change = this.change(record, revision);
        read += change.entry.value.length;
        yield { revision, change };
      } else yield { revision };
      if (read >= bytes) return;
    }
  }

  private change({ type, key, previous }: LogRecord, revision: number): Change {
    if (type === 'delete') return { type, entry: { key, value: previous?.value ?? Buffer.alloc(0), revision } };
    const entry = { key, value: this.valueOf(key, revision), revision };
    return { type, entry, ...(previous && { previous }) };
  }

  /** What the write with this revision wrote. */
  private valueOf(key: Key, revision: number): Buffer {
    const keyBytes = Buffer.from(key);
    const bytes = this.databases.current.get(keyBytes, { transaction: this.transaction });
    if (bytes !== undefined && decodeRevision(bytes) === revision) return decodeCurrent(key, bytes).value;
    const [replacement] = this.databases.history.getKeys({
      start: encodeHistoryKey(keyBytes, revision + 1),
      end: encodeHistoryKey(keyBytes, this.revision + 1),
      limit: 1,
      transaction: this.transaction,
    });
    if (replacement === undefined) throw inconsistent(`${key} of revision ${revision} is lost`);
    const value = this.logRecord(decodeHistoryKey(replacement).revision).previous?.value;
    if (value === undefined) throw inconsistent(`the log does not tell ${key} of revision ${revision}`);
    return value;
  }

  private *current({ prefix, after }: KeyRange): Generator<Entry> {
    for (const { key, value } of this.databases.current.getRange(this.options(prefix, after))) {
      yield decodeCurrent(key.toString(), value);
    }
  }

  private changedKeys({ prefix, after }: KeyRange): Iterable<{ key: Buffer; revision: number }> {
    const options = this.options(prefix);
    if (after !== undefined)
      options.start = later(options.start, encodeHistoryKey(soughtKey(after), this.revision + 1));
    return this.databases.history.getKeys(options).map(decodeHistoryKey);
  }

  private logRecord(revision: number): LogRecord {
    const bytes = this.databases.log.get(encodeRevision(revision), { transaction: this.transaction });
    if (bytes === undefined) throw inconsistent(`the change log lacks revision ${revision}`);
    return decodeLogRecord(bytes);
  }

  private counter(name: 'revision' | 'compacted'): number {
    const bytes = this.databases.root.get(Buffer.from(name), { transaction: this.transaction });
    if (bytes === undefined) throw inconsistent(`the counter ${name} is missing`);
    return decodeRevision(bytes);
  }

  private options(prefix: string, after?: Key): { start: Buffer; end?: Buffer; transaction: Transaction } {
    const first = soughtKey(prefix);
    const start = after === undefined ? first : later(first, soughtKey(`${after}\0`));
    const end = behindPrefix(first);
    return { start, ...(end && { end }), transaction: this.transaction };
  }
}

function later(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) < 0 ? b : a;
}

function inconsistent(message: string): StoreError {
  return new StoreError('UNAVAILABLE', `the store is inconsistent: ${message}`);
}
