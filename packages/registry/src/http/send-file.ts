import type { ServerResponse } from 'node:http';
import type { FileReader } from '@longshore/storage';
import type { BufferPool } from './buffer-pool.js';

/** The client left, or the file was shorter than announced; the connection is of no further use. */
export class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
}

/**
 * Sends `length` bytes of a file from `start`. Two buffers: while one is on its way to the client, the other is filled.
 * Resolves when the last byte has been handed to the kernel; closes the reader. Errors: TransferBroken, StorageError.
 */
export async function sendFile(
  reader: FileReader,
  start: number,
  length: number,
  response: ServerResponse,
  pool: BufferPool,
): Promise<void> {
  const buffers = [pool.take(), pool.take()] as const;
  const end = start + length;
  let reading: Promise<number> | undefined;
  let writing: Promise<void> = Promise.resolve();
  const read = (turn: 0 | 1, position: number) => {
    const target = buffers[turn];
    return reader.read(target.subarray(0, Math.min(target.length, end - position)), position);
  };
  try {
    reading = read(0, start);
    let turn: 0 | 1 = 0;
    for (let position = start; position < end;) {
      const bytes: number = (await reading) ?? 0;
      if (bytes === 0) throw new TransferBroken('the file is shorter than its size');
      position += bytes;
      await writing;
      const next: 0 | 1 = turn === 0 ? 1 : 0;
      reading = position < end ? read(next, position) : undefined;
      reading?.catch(() => undefined);
      writing = writeChunk(response, buffers[turn].subarray(0, bytes));
      writing.catch(() => undefined);
      turn = next;
    }
    await writing;
  } finally {
    await Promise.allSettled([reading, writing]);
    buffers.forEach((buffer) => pool.give(buffer));
    await reader.close();
  }
}

/** Resolves when a part of an answer has been handed to the kernel. Errors: TransferBroken. */
export function writeChunk(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const broken = (cause?: unknown) => reject(new TransferBroken('the client closed the connection', { cause }));
    if (response.destroyed) return broken();
    // Between the end of the socket and the `close` of the response, Node takes a chunk and never calls back.
    response.once('close', broken);
    response.write(chunk, (error) => {
      response.off('close', broken);
      if (error) broken(error);
      else resolve();
    });
  });
}
