import fs from 'node:fs';
import { promisify } from 'node:util';
import { StorageError } from '../errors.js';

/**
 * Promises over raw descriptors: `FileHandle` costs more for each call, and its garbage collection closes files.
 *
 * A call on the thread pool costs some 60 microseconds of CPU on both sides. What only looks at or marks an open file
 * (fstat, futimes) or closes one with nothing left to write takes 1 to 5, and waits for no disk: such calls are made at once
 * (`fs.fstatSync` and so on).
 */
export const openDescriptor = promisify(fs.open);
export const closeDescriptor = promisify(fs.close);
export const fsync = promisify(fs.fsync);
export const fdatasync = promisify(fs.fdatasync);
export const ftruncate = promisify(fs.ftruncate);

/**
 * Milliseconds since the epoch as the seconds that `utimes` calls take. Node cuts them off at the microsecond; half of one
 * on top keeps what is a whole number of microseconds from falling to the one before.
 */
export function secondsOf(milliseconds: number): number {
  return (milliseconds + 0.0005) / 1000;
}

type WriteCall = (
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
  done: (error: Error | null, written: number) => void,
) => void;

/** Reads into `target` from `position` on; resolves with the number of bytes, which may be fewer than fit. */
export function readAt(fd: number, target: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, target, 0, target.byteLength, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** Writes the whole of `chunk` at `position`, however many calls it takes: a call may write less than it was given. */
export function writeAllAt(
  fd: number,
  chunk: Uint8Array,
  position: number,
  write: WriteCall = fs.write,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const goOn = (done: number): void => {
      if (done === chunk.byteLength) return resolve();
      write(fd, chunk, done, chunk.byteLength - done, position + done, (error, written) => {
        if (error) reject(error);
        else if (written === 0) reject(new Error('the file system takes no more bytes, but reports no error'));
        else goOn(done + written);
      });
    };
    goOn(0);
  });
}

/**
 * A descriptor that is closed only when no call uses it: closing under a pending call would let that call hit whatever
 * file gets the same number next.
 */
export class SharedDescriptor {
  #pending = 0;
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  /** `path` is the driver path that errors name. */
  constructor(
    private readonly path: string,
    private readonly fd: number,
  ) {}

  /** Runs `call` on the descriptor; throws when `close` was called before. */
  async use<T>(call: (fd: number) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new StorageError('UNKNOWN', this.path, 'the file is closed');
    this.#pending++;
    try {
      return await call(this.fd);
    } finally {
      this.#pending--;
      if (this.#pending === 0) this.#whenIdle?.();
    }
  }

  /**
   * Lets no new call begin, waits for those that run, and releases the descriptor. Later calls wait for the first. `clean`:
   * nothing was written since the last sync, so that closing waits for nothing.
   */
  close(clean: boolean): Promise<void> {
    this.#closing ??= this.#release(clean);
    return this.#closing;
  }

  async #release(clean: boolean): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    if (clean) fs.closeSync(this.fd);
    else await closeDescriptor(this.fd);
  }
}
