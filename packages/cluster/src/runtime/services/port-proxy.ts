import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { joinSockets, reachBackend, reachFirst, type Backend } from './backend.js';

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
    const backend = await reachFirst(this.inTurn(), reachBackend);
    if (backend === undefined || client.destroyed) {
      client.resetAndDestroy();
      backend?.destroy();
      return;
    }
    joinSockets(client, backend);
  }

  /** The backends, each connection beginning with the next. */
  private inTurn(): Backend[] {
    const { backends } = this;
    const first = this.turn++ % Math.max(backends.length, 1);
    return [...backends.slice(first), ...backends.slice(0, first)];
  }
}
