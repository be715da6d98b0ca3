import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type Server } from 'node:https';
import type { AddressInfo, Server as SocketServer } from 'node:net';
import { ClusterError } from './options.js';
import { secureContext, type ClusterCertificates } from './tls/index.js';

/** Splits `127.0.0.1:6443` and `[::1]:6443`. Errors: ClusterError. */
export function parseAddress(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^:]*):(\d{1,5})$/i.exec(address) ?? [];
  if (port === '' || Number(port) > 65_535) {
    throw new ClusterError(`${JSON.stringify(address)} is no address; write HOST:PORT such as 127.0.0.1:6443`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** Whether something can listen there; so that nothing has begun when it cannot. Errors: ClusterError names the option. */
export async function checkFree(address: string, option: string): Promise<void> {
  const probe = createServer();
  await listenOn(probe, address, option);
  await new Promise((resolve) => probe.close(resolve));
}

/** A TLS server of the API that listens. Errors: ClusterError names the option. */
export async function listenSecurely(
  handle: RequestListener,
  certificates: ClusterCertificates,
  address: string,
): Promise<Server> {
  const server = createSecureServer({ ...secureContext(certificates), keepAliveTimeout: 90_000 }, handle);
  await listenOn(server, address, '--api-address');
  return server;
}

/** `127.0.0.1:6443`, `[::1]:6443` */
export function addressOf(server: SocketServer): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listenOn(server: SocketServer, address: string, option: string): Promise<void> {
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
