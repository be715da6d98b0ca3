import { stat } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { ClusterError } from './options.js';

/** A write takes milliseconds. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Waits until this process alone may write the hosts file; what it gets lets the next one. As for the folder of the store, the
 * lock is a socket in Linux' abstract name space: it has one owner, and the kernel takes it back however that ends. Who waits
 * is connected to it, and goes on when the connection ends. Errors: ClusterError when the owner keeps it.
 */
export async function lockHosts(path: string): Promise<() => Promise<void>> {
  const name = await hostsLockName(path);
  for (const end = Date.now() + LONGEST_WAIT_MS; ;) {
    const release = await take(name);
    if (release !== undefined) return release;
    const left = end - Date.now();
    if (left <= 0) throw new ClusterError(`another process keeps ${path} locked; end it, or use --no-host-changes`);
    await untilReleased(name, left);
  }
}

/** That of its folder, as the file is another one after each write. */
export async function hostsLockName(path: string): Promise<string> {
  const { dev, ino } = await stat(dirname(path));
  return `\0longshore-hosts-${dev}-${ino}`;
}

/** Undefined while another has it. */
async function take(name: string): Promise<(() => Promise<void>) | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => undefined).on('close', () => waiting.delete(socket));
  });
  try {
    await listen(server, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of waiting) socket.destroy();
    });
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: name, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function untilReleased(name: string, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(name);
    const timer = setTimeout(() => socket.destroy(), milliseconds);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(timer);
        resolve();
      })
      .resume();
  });
}
