import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError } from '@longshore/oci';
import { BodyAborted } from '../uploads/receive.js';

/** After an early answer, so much of the rest of a body is read before the connection is cut. */
const DRAIN_BYTES = 16 * 2 ** 20;
const DRAIN_MS = 10_000;

/** Reads a small body into memory. Errors: MANIFEST_INVALID with 413 beyond `limit` bytes; BodyAborted. */
export function readSmallBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(tooLarge(limit));
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge(limit));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks, length)));
    request.on('close', () => reject(new BodyAborted('the client closed the connection')));
    request.on('error', () => reject(new BodyAborted('the client closed the connection')));
  });
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
