import { stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { lockName } from '@longshore/apiserver';
import { ClusterError } from './options.js';

/** A write takes milliseconds. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Waits until this process alone may write the hosts file; what it gets lets the next one. Who waits is connected to the owner of
 * the name, and goes on when the connection ends. Errors: ClusterError when the owner keeps it.
 */
export async function lockHosts(path: string): Promise<() => Promise<void>> {
  const name = await hostsLockName(path);
  for (const end = Date.now() + LONGEST_WAIT_MS; ;) {
    const release = await lockName(name);
    if (release !== undefined) return release;
    const left = end - Date.now();
    if (left <= 0) throw new ClusterError(`another process keeps ${path} locked; end it, or use --no-host-changes`);
    await untilReleased(name, left);
  }
}

/** That of its folder, as the file is another one after each write. */
export async function hostsLockName(path: string): Promise<string> {
  const { dev, ino } = await stat(dirname(path));
  return `longshore-hosts-${dev}-${ino}`;
}

function untilReleased(name: string, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(`\0${name}`);
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
