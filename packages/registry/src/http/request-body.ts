import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError } from '@longshore/oci';
import { BodyAborted } from '../uploads/receive.js';

/** After an early answer, so much of the rest of a body is read before the connection is cut. */
const DRAIN_BYTES = 16 * 2 ** 20;
const DRAIN_MS = 10_000;

/**
 * Reads a small body into memory. What is beyond `limit` is read too and thrown away, so far as `drainBody` would: a
 * client that sends `Connection: close` gets to see the answer only when it has sent everything. Errors:
 * MANIFEST_INVALID with 413 beyond `limit` bytes; BodyAborted.
 */
export function readSmallBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks = [];
      if (length > limit + DRAIN_BYTES) reject(tooLarge(limit));
    });
    const aborted = () => reject(new BodyAborted('the client closed the connection'));
    request.on('end', () => (length > limit ? reject(tooLarge(limit)) : resolve(Buffer.concat(chunks, length))));
    request.on('close', aborted);
    request.on('error', aborted);
    if (request.destroyed) aborted(); // while the sender was waiting for its turn, or for the answer to its password
  });
}

/** Errors: MANIFEST_INVALID with 413 when the announced length of the body is beyond `limit`. */
export function checkBodyLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError('MANIFEST_INVALID', {
    status: 413,
    message: 'the manifest is too large',
    detail: { limit },
  });
}

/**
 * Call when the answer is sent: a client that is still sending must be able to read the answer, so the rest of its body is
 * read for a while and thrown away; then the connection is cut.
 */
export function drainBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.destroyed) return;
  let drained = 0;
  const cut = () => request.socket.destroy();
  const timer = setTimeout(cut, DRAIN_MS).unref();
  request.removeAllListeners('data');
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES) cut();
  });
  request.once('close', () => clearTimeout(timer));
  response.once('close', () => clearTimeout(timer));
  request.resume();
}
