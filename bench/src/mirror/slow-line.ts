import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a registry that takes time. */
export interface SlowLine {
  /** `HOST:PORT`. */
  host: string;
  stop: () => Promise<void>;
}

/** Passes connections on to a host, with so many milliseconds from a question to its answer, and as many before the first one. */
export async function startSlowLine(to: string, roundTrip: number): Promise<SlowLine> {
  const { hostname, port } = new URL(`http://${to}`);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    const opened = Date.now() + roundTrip;
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      // Timers of different lengths may come in another order than they were set.
      const waiting: (() => void)[] = [];
      const later = (act: () => void) => {
        waiting.push(act);
        setTimeout(() => waiting.shift()?.(), Math.max(opened - Date.now(), 0) + roundTrip / 2);
      };
      from.on('data', (bytes) => later(() => into.write(bytes)));
      from.on('end', () => later(() => into.end()));
      from.on('error', () => into.destroy());
      from.on('close', () => sockets.delete(from));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
