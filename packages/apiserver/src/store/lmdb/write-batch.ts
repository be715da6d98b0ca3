import { StoreError, type Entry, type Write } from '../store.js';
import { refusalOf } from '../refusal.js';
import { readCounter, writeCounter, type Databases } from './databases.js';
import {
  decodeCurrent,
  decodeLogRecord,
  encodeCurrent,
  encodeHistoryKey,
  encodeLogRecord,
  encodeRevision,
} from './records.js';

/** How much history is kept. */
export interface HistoryLimits {
  /** Changes that are kept however old they are. Default 10,000. */
  changes: number;
  /** Milliseconds for which a change is kept, as long as there are no more than `most`. Default five minutes. */
  age: number;
  /** Changes that are kept at most. Default 500,000. */
  most: number;
}

const FULL = 'the store has reached its size limit: delete objects or raise the limit';
const EMPTY = Buffer.alloc(0);
/** At least so many old changes are forgotten with each transaction, and two for each write, so that it ends. */
const FORGET_AT_LEAST = 100;

/**
 * Does commits in their order within a transaction that is open. The answer to one is its entries, or the StoreError
 * (`EXISTS`, `CONFLICT`, `FULL`) of one that changed nothing. `room`: bytes of values that may be added.
 */
export function applyCommits(
  databases: Databases,
  commits: readonly (readonly Write[])[],
  { room, time }: { room: number; time: number },
): (Entry[] | StoreError)[] {
  let revision = readCounter(databases, 'revision');
  let left = room;
  const results = commits.map((writes) => {
    const values = writes.flatMap((write) => (write.type === 'delete' ? [] : [write.value.length]));
    left -= values.reduce((sum, bytes) => sum + bytes, 0);
    if (left < 0 && values.length > 0) return new StoreError('FULL', FULL);
    const result = applyCommit(databases, writes, revision + 1, time);
    if (!(result instanceof StoreError)) revision += result.length;
    return result;
  });
  writeCounter(databases, 'revision', revision);
  return results;
}

function applyCommit(
  databases: Databases,
  writes: readonly Write[],
  firstRevision: number,
  time: number,
): Entry[] | StoreError {
  const replacements: { write: Write; previous: Entry | undefined }[] = [];
  for (const write of writes) {
    const bytes = databases.current.get(Buffer.from(write.key));
    const previous = bytes && decodeCurrent(write.key, bytes);
    const refusal = refusalOf(write, previous);
    if (refusal !== undefined) return refusal;
    replacements.push({ write, previous });
  }
  return replacements.map(({ write, previous }, at) =>
    applyWrite(databases, write, previous, firstRevision + at, time),
  );
}

function applyWrite(
  databases: Databases,
  write: Write,
  previous: Entry | undefined,
  revision: number,
  time: number,
): Entry {
  const { key } = write;
  const keyBytes = Buffer.from(key);
  const value = write.type === 'delete' ? (previous?.value ?? EMPTY) : write.value;
  if (write.type === 'delete') void databases.current.remove(keyBytes);
  else void databases.current.put(keyBytes, encodeCurrent(revision, value));
  const type = write.type === 'delete' ? 'delete' : 'put';
  void databases.log.put(encodeRevision(revision), encodeLogRecord({ type, key, time, ...(previous && { previous }) }));
  void databases.history.put(encodeHistoryKey(keyBytes, revision), EMPTY);
  return { key, value, revision };
}

/** Forgets, within a transaction, some of the changes that exceed the limits; later transactions go on. */
export function trimHistory(databases: Databases, limits: HistoryLimits, writes: number, time: number): void {
  const newest = readCounter(databases, 'revision');
  const oldest = readCounter(databases, 'compacted');
  const end = Math.min(oldest + Math.max(FORGET_AT_LEAST, 2 * writes), newest - limits.changes);
  let compacted = oldest;
  while (compacted < end) {
    const { time: written } = readLog(databases, compacted + 1);
    if (newest - compacted <= limits.most && written > time - limits.age) break;
    compacted++;
    forget(databases, compacted);
  }
  if (compacted > oldest) writeCounter(databases, 'compacted', compacted);
}

/** Forgets, within a transaction, up to `most` changes that are not behind the revision. Returns whether all are gone. */
export function compactHistory(databases: Databases, revision: number, most: number): boolean {
  const oldest = readCounter(databases, 'compacted');
  const end = Math.min(revision, oldest + most);
  for (let gone = oldest + 1; gone <= end; gone++) forget(databases, gone);
  if (end > oldest) writeCounter(databases, 'compacted', end);
  return end >= revision;
}

function forget(databases: Databases, revision: number): void {
  const { key } = readLog(databases, revision);
  void databases.log.remove(encodeRevision(revision));
  void databases.history.remove(encodeHistoryKey(Buffer.from(key), revision));
}

function readLog({ log }: Databases, revision: number): ReturnType<typeof decodeLogRecord> {
  const bytes = log.get(encodeRevision(revision));
  if (bytes === undefined) throw new StoreError('UNAVAILABLE', `the change log lacks revision ${revision}`);
  return decodeLogRecord(bytes);
}
