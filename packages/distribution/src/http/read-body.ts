import type { Readable } from 'node:stream';
import { connectionErrorOf } from './connection-error.js';

/** A body is longer than was asked for. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'TOO_LARGE';
}

/** Reads a whole body of at most `max` bytes. Errors: BodyTooLargeError; ConnectionError when it breaks off. */
export async function readBody(body: Readable, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      if (length > max) throw new BodyTooLargeError(`the answer is larger than ${max} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof BodyTooLargeError ? error : connectionErrorOf(error);
  }
  return Buffer.concat(chunks, length);
}

/** Reads the beginning of a body, as far as it comes, and lets go of the rest. */
export async function readBeginning(body: Readable, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > max) break;
    }
  } catch {
    // What came is enough: it only adds words to an error.
  }
  return Buffer.concat(chunks, length).subarray(0, max);
}
