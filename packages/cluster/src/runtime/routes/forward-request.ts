import { request as sendRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requestHeaders, responseHeaders, type RequestOrigin } from './forwarded-headers.js';

/** Neither side may be silent for longer: a registry may take a while over the digest of a large blob. */
export const SILENCE_MS = 10 * 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Hands a request to a backend and its answer to the client, piece by piece: neither body is held. Resolves when the answer is
 * sent, or as much of it as there is.
 */
export function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  backend: Socket,
  origin: RequestOrigin,
): Promise<void> {
  const sent = sendRequest({
    createConnection: () => backend,
    method: request.method,
    path: request.url,
    headers: [...requestHeaders(request.rawHeaders, origin), ...emptyBody(request)],
    maxHeaderSize: MAX_HEADER_BYTES,
    timeout: SILENCE_MS,
  });
  return new Promise((resolve) => {
    let isAnswered = false;
    response.on('close', () => {
      sent.destroy();
      resolve();
    });
    sent.on('timeout', () => sent.destroy(new Error('the backend is silent')));
    sent.on('error', () => {
      if (!isAnswered) refuse(response, 502, 'the service behind this route broke the connection');
    });
    sent.on('continue', () => response.writeContinue());
    sent.on('response', (answer) => {
      isAnswered = true;
      pass(answer, response);
    });
    sendBody(request, sent);
  });
}

function sendBody(request: IncomingMessage, sent: ClientRequest): void {
  if (!hasBody(request)) {
    sent.end();
    return;
  }
  // Whoever asks first whether the body is wanted, sends it when the backend says so.
  sent.flushHeaders();
  request.pipe(sent);
  // A backend may answer before it has read all, and read no more.
  sent.on('close', () => {
    request.unpipe(sent);
    request.resume();
  });
}

/** What Node would make a body of unknown length of. */
function emptyBody(request: IncomingMessage): string[] {
  const isUnsaid = !hasBody(request) && request.headers['content-length'] === undefined;
  return isUnsaid && ['POST', 'PUT', 'PATCH'].includes(request.method ?? '') ? ['Content-Length', '0'] : [];
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function pass(answer: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage = '', rawHeaders } = answer;
  answer.on('error', () => response.destroy());
  response.writeHead(statusCode, statusMessage, responseHeaders(rawHeaders));
  answer.pipe(response);
  // Cut short: the client must not take it for the whole.
  answer.on('close', () => {
    if (!answer.complete) response.destroy();
  });
}

/** Answers in the place of a backend; where an answer has begun, ends it so that the client knows. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, headers).end(`${message}\n`);
}
