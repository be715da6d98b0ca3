import { createServer, type Server, type Socket } from 'node:net';

/** Any user of the machine may connect; further ones are turned away. */
const MOST_WAITING = 256;

/**
 * Takes a name for this process alone, until it is released or the process ends, however it ends. Node has no `flock`; a socket in
 * Linux' abstract name space is as good: one owner, taken back by the kernel. Who connects to it stays connected until then.
 * Undefined while another has the name. Errors: those of the system.
 */
export async function lockName(name: string): Promise<(() => Promise<void>) | undefined> {
  const connected = new Set<Socket>();
  const server = createServer((socket) => {
    connected.add(socket);
    socket.unref();
    socket.on('error', () => undefined).on('close', () => connected.delete(socket));
  });
  server.maxConnections = MOST_WAITING;
  try {
    await listen(server, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of connected) socket.destroy();
    });
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: `\0${name}`, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
