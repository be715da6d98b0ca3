import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type Server } from 'node:https';
import type { AddressInfo, Server as SocketServer } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { ClusterError } from './options.js';
import { secureContext, type ClusterCertificates } from './tls/index.js';

const KEEP_ALIVE_MS = 90_000;
/** How long a request may take to come to its end when the cluster ends. */
const DRAIN_MS = 10_000;

/** Splits `127.0.0.1:6443` and `[::1]:6443`. Errors: ClusterError. */
export function parseAddress(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^:]*):(\d{1,5})$/i.exec(address) ?? [];
  if (port === '' || Number(port) > 65_535) {
    throw new ClusterError(`${JSON.stringify(address)} is no address; write HOST:PORT such as 127.0.0.1:6443`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/**
 * Whether something can listen there; so that nothing has begun when it cannot. Resolves with the address, which has a free port
 * instead of port 0. Errors: ClusterError names the option.
 */
export async function checkFree(address: string, option: string): Promise<string> {
  const probe = createServer();
  await listenOn(probe, address, option);
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return address.replace(/:0$/, `:${port}`);
}

/** The TLS server of the API. It listens before there is anything to serve, as the API names its own address. */
export class ApiSocket {
  #handle: RequestListener = (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end();
  };
  readonly #server: Server;

  constructor(certificates: ClusterCertificates) {
    const options = { ...secureContext(certificates), keepAliveTimeout: KEEP_ALIVE_MS };
    this.#server = createSecureServer(options, (request, response) => this.#handle(request, response));
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  listen(address: string): Promise<void> {
    return listenOn(this.#server, address, '--api-address');
  }

  serve(handle: RequestListener): void {
    this.#handle = handle;
  }

  setSecureContext(context: SecureContextOptions): void {
    this.#server.setSecureContext(context);
  }

  /** Resolves when the last connection has ended; those that wait for a next request are ended, and after a while all. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearTimeout(late);
  }
}

/** Errors: ClusterError names the option. */
export async function listenSecurely(certificates: ClusterCertificates, address: string): Promise<ApiSocket> {
  const socket = new ApiSocket(certificates);
  await socket.listen(address);
  return socket;
}

/** `https://127.0.0.1:6443`. Where it listens on all addresses, the first further name stands for them. */
export function urlOf({ address: { address, family, port } }: ApiSocket, names: readonly string[]): string {
  const isAny = address === '0.0.0.0' || address === '::';
  const host = isAny ? (names[0] ?? '127.0.0.1') : address;
  return `https://${host.includes(':') || (family === 'IPv6' && !isAny) ? `[${host}]` : host}:${port}`;
}

/** Errors: ClusterError names the option. */
export function listenOn(server: SocketServer, address: string, option: string): Promise<void> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, address, option));
    server.once('error', failed);
    server.listen({ port, ...(host !== '' && { host }) }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, address: string, option: string): ClusterError {
  const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
  const next = error.code === 'EADDRINUSE' ? `; choose another address with ${option}` : '';
  return new ClusterError(`cannot listen on ${address}: ${why}${next}`, { cause: error });
}
