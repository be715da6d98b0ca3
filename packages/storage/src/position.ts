import { StorageError } from './errors.js';

/** Checks a position to read from. Throws INVALID_OFFSET when it is no number of bytes. */
export function assertPosition(path: string, position: number): void {
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new StorageError('INVALID_OFFSET', path, `cannot read at ${position}`);
  }
}
