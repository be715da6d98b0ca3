import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { StoreError } from '../store.js';

/** Held until it is released or the process ends, however it ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that has the folder open. LMDB lets several in, but change feeds and history are kept for
 * one. Node has no `flock`; a socket in Linux' abstract name space is as good: one owner, taken back by the kernel.
 * Errors: StoreError `UNAVAILABLE` when another has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const { dev, ino } = statSync(folder);
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0longshore-store-${dev}-${ino}`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    const message = `the store in ${folder} is open in another process: end that one first, or choose another folder`;
    throw new StoreError('UNAVAILABLE', message, undefined, { cause });
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
