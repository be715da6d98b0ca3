import type { IncomingMessage } from 'node:http';
import { RegistryError } from '@longshore/oci';
import { BodyAborted } from '../uploads/receive.js';

/** Of a body that is too large to be read into memory, so much more is thrown away before that is said. */
const SKIPPED_BYTES = 16 * 2 ** 20;
/**
 * After an early answer, so much of the rest of a body is read before the connection is cut: most layers. Some clients
 * (Python's `http.client`) look for the answer only when they have sent everything; Go's and curl do at once.
 */
const DRAIN_BYTES = 128 * 2 ** 20;
const DRAIN_MS = 10_000;
const DRAIN_LOOK_MS = 20;

/**
 * Reads a small body into memory. Some of what is beyond `limit` is read too and thrown away: a client that sends
 * `Connection: close` gets to see the answer only when it has sent everything. Errors: that of `tooLarge` beyond `limit`
 * bytes, by default MANIFEST_INVALID with 413; BodyAborted.
 */
export function readSmallBody(
  request: IncomingMessage,
  limit: number,
  tooLarge: (limit: number) => RegistryError = manifestTooLarge,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Copied at once: a client that sends single bytes would otherwise make us hold a large object for each.
    let bytes: Buffer = Buffer.alloc(0);
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      if (length + chunk.length <= limit) {
        bytes = withRoom(bytes, length + chunk.length);
        chunk.copy(bytes, length);
      }
      length += chunk.length;
      if (length > limit + SKIPPED_BYTES) reject(tooLarge(limit));
    });
    const aborted = () => reject(new BodyAborted('the client closed the connection'));
    request.on('end', () => (length > limit ? reject(tooLarge(limit)) : resolve(bytes.subarray(0, length))));
    request.on('close', aborted);
    request.on('error', aborted);
    if (request.destroyed) aborted(); // while the sender was waiting for its turn, or for the answer to its password
  });
}

/** The same bytes in a buffer of at least `length` bytes. */
function withRoom(bytes: Buffer, length: number): Buffer {
  if (length <= bytes.length) return bytes;
  const grown = Buffer.alloc(Math.max(length, 2 * bytes.length));
  bytes.copy(grown);
  return grown;
}

/** Errors: MANIFEST_INVALID with 413 when the announced length of the body is beyond `limit`. */
export function checkBodyLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw manifestTooLarge(limit);
}

function manifestTooLarge(limit: number): RegistryError {
  return new RegistryError('MANIFEST_INVALID', {
    status: 413,
    message: 'the manifest is too large',
    detail: { limit },
  });
}

/**
 * Reads the rest of a body and throws it away, so that a client that is still sending gets to read the answer. Resolves
 * with whether all of it came; what takes too long or is too large is left.
 */
export function drainBody(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return Promise.resolve(request.complete);
  return new Promise((resolve) => {
    const { socket } = request;
    const most = socket.bytesRead + DRAIN_BYTES;
    const until = performance.now() + DRAIN_MS;
    const end = () => {
      clearInterval(watch);
      request.pause();
      resolve(request.complete);
    };
    // No listener counts what comes: once the answer is sent, Node throws the rest of the body away unheard.
    const watch = setInterval(() => {
      if (socket.bytesRead > most || performance.now() > until) end();
    }, DRAIN_LOOK_MS).unref();
    request.removeAllListeners('data');
    request.once('end', end);
    request.once('close', end);
    request.resume();
  });
}

/** True when the connection ends with the answer: then the body must have come before, or the client sees a reset. */
export function endsConnection({ headers, httpVersion }: IncomingMessage): boolean {
  if (headers.expect !== undefined) return false; // it waits for leave to send a body, and gets the answer instead
  const connection = headers.connection?.toLowerCase() ?? '';
  return connection.includes('close') || (httpVersion === '1.0' && !connection.includes('keep-alive'));
}
