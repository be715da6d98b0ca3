import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Endpoints, EndpointPort } from 'kubernetes-types/core/v1.js';

/** Where a connection can go. */
export interface Backend {
  host: string;
  port: number;
}

const CONNECT_MS = 3000;

/** The addresses that are ready, of the ports that are wanted. */
export function backendsOf(
  endpoints: Pick<Endpoints, 'subsets'> | undefined,
  isWanted: (port: EndpointPort) => boolean,
): Backend[] {
  return (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.filter(isWanted).flatMap(({ port }) => addresses.map(({ ip }) => ({ host: ip, port }))),
  );
}

/** A connection to the first backend that takes one; each is tried once. Undefined when none does. */
export async function reachFirst<B extends Backend, T>(
  backends: readonly B[],
  reach: (backend: B) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const backend of backends) {
    const reached = await reach(backend);
    if (reached !== undefined) return reached;
  }
  return undefined;
}

/** A connection, which may be ended on one side. Undefined when the backend does not take it. */
export async function reachBackend({ host, port }: Backend): Promise<Socket | undefined> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/**
 * Lets two connections that may be ended on one side talk to each other; when one breaks, so does the other. Errors of the
 * client are the caller's to hear.
 */
export function joinSockets(client: Socket, backend: Socket): void {
  client.on('close', () => backend.destroy());
  backend.on('error', () => client.resetAndDestroy());
  client.pipe(backend).pipe(client);
}
