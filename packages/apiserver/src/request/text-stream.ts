import { once } from 'node:events';
import type { Exchange } from './exchange.js';

/**
 * Answers with text that comes piece by piece, no faster than the client reads. Errors: the signal's reason, when the client
 * has left.
 */
export async function sendText(exchange: Exchange, pieces: AsyncIterable<Buffer>): Promise<void> {
  const { response, signal } = exchange;
  response.writeHead(200, exchange.headers('text/plain'));
  response.flushHeaders();
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (!response.write(piece)) await once(response, 'drain', { signal });
  }
  response.end();
}
