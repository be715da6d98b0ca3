/**
 * How an LMDB store writes things down. Three databases, beside the few numbers of the unnamed one:
 *
 * - `current`: key -> revision, value
 * - `log`: revision -> what changed and what was there before. The value that a change made is not repeated: it is in
 *   `current`, or in the log record of the change that replaced it.
 * - `history`: key, 0, revision -> nothing; finds the changes of a key in their order
 */
import { MAX_KEY_BYTES, type Entry, type Key } from '../store.js';

export interface LogRecord {
  type: 'put' | 'delete';
  key: Key;
  /** Milliseconds since 1970. */
  time: number;
  previous?: Entry;
}

const REVISION_BYTES = 8;
const EMPTY = Buffer.alloc(0);
const TYPES = ['put', 'delete'] as const;

/** By which keys are looked for: no stored one is longer than this, and LMDB bears few that are. */
export function soughtKey(text: string): Buffer {
  return Buffer.from(text).subarray(0, MAX_KEY_BYTES + 1);
}

/** Eight bytes, so that byte order is the order of revisions. */
export function encodeRevision(revision: number): Buffer {
  const bytes = Buffer.alloc(REVISION_BYTES);
  bytes.writeUIntBE(revision, 2, 6);
  return bytes;
}

export function decodeRevision(bytes: Buffer, offset = 0): number {
  return bytes.readUIntBE(offset + 2, 6);
}

export function encodeCurrent(revision: number, value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(REVISION_BYTES + value.length).fill(0, 0, REVISION_BYTES);
  bytes.writeUIntBE(revision, 2, 6);
  value.copy(bytes, REVISION_BYTES);
  return bytes;
}

export function decodeCurrent(key: Key, bytes: Buffer): Entry {
  return { key, value: bytes.subarray(REVISION_BYTES), revision: decodeRevision(bytes) };
}

const HISTORY_TAIL = 1 + REVISION_BYTES;

export function encodeHistoryKey(key: Buffer, revision: number): Buffer {
  return Buffer.concat([key, Buffer.alloc(1), encodeRevision(revision)]);
}

export function decodeHistoryKey(bytes: Buffer): { key: Buffer; revision: number } {
  const end = bytes.length - HISTORY_TAIL;
  return { key: bytes.subarray(0, end), revision: decodeRevision(bytes, end + 1) };
}

const LOG_HEAD = 1 + 8 + REVISION_BYTES + 2;

/** Type, time, revision of the previous value (0: none), length of the key, key, previous value. */
export function encodeLogRecord({ type, key, time, previous }: LogRecord): Buffer {
  const keyBytes = Buffer.from(key);
  const head = Buffer.alloc(LOG_HEAD);
  head.writeUInt8(TYPES.indexOf(type), 0);
  head.writeDoubleBE(time, 1);
  head.writeUIntBE(previous?.revision ?? 0, 11, 6);
  head.writeUInt16BE(keyBytes.length, 17);
  return Buffer.concat([head, keyBytes, previous?.value ?? EMPTY]);
}

export function decodeLogRecord(bytes: Buffer): LogRecord {
  const behindKey = LOG_HEAD + bytes.readUInt16BE(17);
  const key = bytes.toString('utf8', LOG_HEAD, behindKey);
  const revision = decodeRevision(bytes, 9);
  return {
    type: TYPES[bytes.readUInt8(0)] ?? 'put',
    key,
    time: bytes.readDoubleBE(1),
    ...(revision > 0 && { previous: { key, value: bytes.subarray(behindKey), revision } }),
  };
}
