import { createRequire } from 'node:module';
import { CallThread } from '../call-thread.js';

/** Bytes in shared memory, and where in an open file they belong. */
export interface WriteRequest {
  fd: number;
  memory: SharedArrayBuffer;
  start: number;
  length: number;
  position: number;
}

/** Undefined when all is written, else the failed system call. */
export type WriteAnswer = { message: string; code: string | undefined; errno: number | undefined } | undefined;

/** A chunk that is not larger is written by one call on the thread pool. */
export const PIECE_BYTES = 32 * 2 ** 10;

/**
 * Writes large chunks piece by piece on a thread of its own. The kernel puts what one call writes into a block of memory as large
 * as the call, and blocks above 32 KiB are seldom at hand: on a virtual machine that gives its free memory back, writing calls of
 * 512 KiB by eight clients took four times the processor time of calls of 32 KiB. The thread pool would be woken for each.
 */
export class WriteThread {
  private thread: CallThread<WriteRequest, WriteAnswer> | undefined;

  /** Whether it can write a chunk, and is faster than one call. */
  takes(chunk: Uint8Array): chunk is Uint8Array<SharedArrayBuffer> {
    return chunk.byteLength > PIECE_BYTES && chunk.buffer instanceof SharedArrayBuffer;
  }

  /** Writes the whole of `chunk` at `position`. Errors: that of the system call. */
  async write(fd: number, chunk: Uint8Array<SharedArrayBuffer>, position: number): Promise<void> {
    if (!this.thread?.isAlive) {
      // By the name of the package, so that the compiled thread is found also when this file runs uncompiled.
      const entry = createRequire(import.meta.url).resolve('@longshore/storage/write-worker');
      this.thread = new CallThread(entry, {
        name: 'writing',
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
      });
    }
    const { buffer: memory, byteOffset: start, byteLength: length } = chunk;
    const failure = await this.thread.call({ fd, memory, start, length, position });
    if (failure) throw Object.assign(new Error(failure.message), { code: failure.code, errno: failure.errno });
  }
}
