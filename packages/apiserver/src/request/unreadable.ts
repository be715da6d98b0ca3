import type { ServerResponse } from 'node:http';
import { toApiError } from './exchange.js';

/** Answers a request that could not even be read. */
export function refuseUnreadable(response: ServerResponse, cause: unknown): void {
  const error = toApiError(cause);
  const body = JSON.stringify(error.toStatus());
  response.writeHead(error.httpStatus, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  response.end(body);
}
