import { MAX_KEY_BYTES, StoreError, type Key, type Write } from './store.js';

/** Of all values of a commit. With keys and framing it stays below etcd's default limit of 1.5 MiB for a request. */
export const MAX_VALUE_BYTES = 1.5 * 2 ** 20 - 8 * 1024;

/** Errors: StoreError `TOO_LARGE`; RangeError for a key that no server makes, or that is written twice. */
export function checkWrites(writes: readonly Write[]): void {
  let size = 0;
  for (const write of writes) {
    checkKey(write.key);
    size += write.type === 'delete' ? 0 : write.value.length;
  }
  const keys = new Set(writes.map(({ key }) => key));
  if (keys.size < writes.length) throw new RangeError('a commit writes a key once');
  if (size > MAX_VALUE_BYTES) {
    const message = `${[...keys].join(' and ')}: ${size} bytes; the limit is ${MAX_VALUE_BYTES}`;
    throw new StoreError('TOO_LARGE', message);
  }
}

function checkKey(key: Key): void {
  if (!key.startsWith('/') || key.includes('\0')) throw new RangeError('a key begins with a slash and has no NUL');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new StoreError('TOO_LARGE', `the key ${key.slice(0, 64)}... is longer than ${MAX_KEY_BYTES} bytes`);
  }
}
