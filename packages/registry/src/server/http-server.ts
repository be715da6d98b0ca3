import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { errorBody, RegistryError } from '@longshore/oci';
import type { HttpConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';
import { Connections } from './connections.js';
import { checkClientCertificate, reloadCertificates, tlsOptions } from './tls.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const OPTIONS = {
  keepAliveTimeout: 75_000,
  headersTimeout: 60_000,
  /** A large upload may take hours; what is limited is silence. */
  requestTimeout: 0,
  maxHeaderSize: 64 * 1024,
  connectionsCheckingInterval: 10_000,
};
const SILENCE_MS = 120_000;
/** While the server ends: how often it looks for connections that have become idle. */
const IDLE_CHECK_MS = 50;
/** One line in this time is enough: under an exhausted limit each attempt fails. */
const ERROR_LOG_MS = 1000;

export interface ListeningServer {
  /** `host:port`, or the path of the socket. */
  address: string;
  /** Takes no new requests, waits for running ones, then cuts what is left. */
  drain(timeoutMs: number): Promise<void>;
}

/** Serves HTTP/1.1, with TLS where configured. Errors: those of listening and of the certificate files. */
export async function listen(http: HttpConfig, handler: Handler, log: Logger): Promise<ListeningServer> {
  const handle: Handler = (request, response) => {
    allowLongWork(request);
    connections.requested(request, response);
    closeWithConnection(request, response);
    handler(request, response);
  };
  const stop = new AbortController();
  const server = http.tls
    ? createHttpsServer({ ...OPTIONS, ...(await tlsOptions(http.tls)) }, handle)
    : createHttpServer(OPTIONS, handle);
  const connections = new Connections(server, http.tls !== undefined);
  if (http.tls) {
    const { tls } = http;
    server.on('secureConnection', (socket: TLSSocket) => checkClientCertificate(tls, socket));
    await reloadCertificates(server as never, tls, log, stop.signal);
  }
  server.setTimeout(SILENCE_MS);
  server.on('checkContinue', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (connections.isAnswering(socket))
      socket.destroy(); // there is no room for another
    else answerMalformed(error, socket);
  });
  await startListening(server, http);
  logErrors(server, log);
  return {
    address: addressOf(server),
    drain: async (timeoutMs) => {
      stop.abort();
      await drain(server, connections, timeoutMs);
    },
  };
}

/** Between the last byte of an upload and the answer, a large blob may be read again and synced: that is no silence. */
function allowLongWork(request: IncomingMessage): void {
  if (request.method === 'PUT' || request.method === 'POST') request.once('end', () => request.socket.setTimeout(0));
}

/**
 * A client may send several requests at once. Node closes the answer that is being sent when the connection ends; of those
 * behind it, it takes chunks for ever, and nobody who waits for them to be sent would ever hear.
 */
function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  const gone = () => {
    if (response.socket) return;
    response.destroy();
    response.emit('close');
  };
  socket.setMaxListeners(0);
  socket.once('close', gone);
  response.once('close', () => socket.off('close', gone));
}

function startListening(server: Server, { net, addr }: HttpConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = () => {
      server.off('error', reject);
      resolve();
    };
    if (net === 'unix') server.listen(addr, listening);
    else server.listen({ ...splitAddress(addr), backlog: 1024 }, listening);
  });
}

/** Reads Go's `host:port`; without a host, all addresses. */
export function splitAddress(addr: string): { host: string | undefined; port: number } {
  const colon = addr.lastIndexOf(':');
  const host = addr.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? undefined : host, port: Number(addr.slice(colon + 1)) };
}

function addressOf(server: Server): string {
  const address = server.address() as AddressInfo | string;
  if (typeof address === 'string') return address;
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

/** A server whose accept fails (no descriptor left, say) goes on; without a listener the error would end the process. */
function logErrors(server: Server, log: Logger): void {
  let quietUntil = 0;
  server.on('error', (error) => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + ERROR_LOG_MS;
    log.error({ error }, 'the server could not take a connection');
  });
}

function drain(server: Server, connections: Connections, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    server.maxRequestsPerSocket = 1; // the next answer on each connection says that it is the last
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
    const closeIdle = () => {
      server.closeIdleConnections();
      connections.closeSilent();
    };
    // `close` ends what is idle now. A connection whose request ends later would stay for as long as its client likes.
    const idle = setInterval(closeIdle, IDLE_CHECK_MS);
    connections.closeSilent();
    server.close(() => {
      clearTimeout(timer);
      clearInterval(idle);
      resolve();
    });
  });
}

/** What is not HTTP, or too large, gets one answer and is cut. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = JSON.stringify(
    errorBody([new RegistryError('UNSUPPORTED', { message: 'this is not a valid HTTP request' })]),
  );
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
