import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection can go. */
export interface Backend {
  host: string;
  port: number;
}

const CONNECT_MS = 3000;

/** Takes connections at one address and hands each to one of several backends, in turn. */
export class PortProxy {
  private backends: readonly Backend[] = [];
  private turn = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    // A client that has said everything still reads.
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      void this.hand(client);
    });
  }

  /** Errors: those of the system when it cannot listen there. */
  static async listen(address: Backend): Promise<PortProxy> {
    const proxy = new PortProxy();
    proxy.server.listen(address);
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** For connections from now on; those that are on go on. */
  use(backends: readonly Backend[]): void {
    this.backends = backends;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async hand(client: Socket): Promise<void> {
    this.sockets.add(client);
    client.on('close', () => this.sockets.delete(client));
    client.on('error', () => client.destroy());
    const backend = await this.reach();
    if (backend === undefined || client.destroyed) {
      client.resetAndDestroy();
      backend?.destroy();
      return;
    }
    client.on('close', () => backend.destroy());
    backend.on('error', () => client.resetAndDestroy());
    client.pipe(backend).pipe(client);
  }

  /** A connection to the next backend that takes one; each is tried once. */
  private async reach(): Promise<Socket | undefined> {
    const { backends } = this;
    for (let tries = 0; tries < backends.length; tries++) {
      const backend = backends[this.turn++ % backends.length];
      const socket = backend && (await reachOne(backend));
      if (socket !== undefined) return socket;
    }
    return undefined;
  }
}

async function reachOne(backend: Backend): Promise<Socket | undefined> {
  const socket = connect({ ...backend, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
