import { once } from 'node:events';
import { checkServerIdentity, connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { reachBackend, type Backend } from '../services/backend.js';
import type { BackendTrust } from './route-table.js';

const HANDSHAKE_MS = 10_000;

/** A backend that does not prove who it is. */
export class UntrustedBackendError extends Error {
  override readonly name = 'UntrustedBackendError';
  readonly code = 'BACKEND_UNTRUSTED';
}

/**
 * A TLS connection to a backend. Undefined when it takes none. Errors: UntrustedBackendError when it does, but its certificate is
 * not what the route trusts.
 */
export async function reachSecurely(backend: Backend, { ca, name }: BackendTrust): Promise<TLSSocket | undefined> {
  const plain = await reachBackend(backend);
  if (plain === undefined) return undefined;
  const options: ConnectionOptions & { allowPartialTrustChain: boolean } = {
    socket: plain,
    ca,
    // A route may trust an intermediate authority, or the one certificate.
    allowPartialTrustChain: true,
    ...(name !== undefined && { servername: name }),
    checkServerIdentity: (_host, certificate) =>
      name === undefined ? undefined : checkServerIdentity(name, certificate),
    // Looked at below, to tell it from a pod that ends just now: that one has others in its place.
    rejectUnauthorized: false,
  };
  const socket = connect(options);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(HANDSHAKE_MS) });
  } catch {
    socket.destroy();
    plain.destroy();
    return undefined;
  }
  if (socket.authorized) return socket;
  socket.destroy();
  throw new UntrustedBackendError(
    `the certificate of the service is not trusted: ${String(socket.authorizationError)}`,
  );
}
