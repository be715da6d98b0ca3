import { MAX_KEY_BYTES, StoreError, type Key } from './store.js';

/** With key and framing it stays below etcd's default limit of 1.5 MiB for a request. */
export const MAX_VALUE_BYTES = 1.5 * 2 ** 20 - 8 * 1024;

/** Errors: StoreError `TOO_LARGE`; RangeError for a key that no server makes. */
export function checkKey(key: Key): void {
  if (!key.startsWith('/') || key.includes('\0')) throw new RangeError('a key begins with a slash and has no NUL');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new StoreError('TOO_LARGE', `the key ${key.slice(0, 64)}... is longer than ${MAX_KEY_BYTES} bytes`);
  }
}

/** Errors: StoreError `TOO_LARGE`. */
export function checkValue(key: Key, value: Buffer): void {
  if (value.length > MAX_VALUE_BYTES) {
    throw new StoreError('TOO_LARGE', `the value of ${key} has ${value.length} bytes; the limit is ${MAX_VALUE_BYTES}`);
  }
}
