import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const ENDINGS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Those of this process that are there, or may be. */
const paths = new Set<string>();

/** Does what needs a file for a while. It is gone afterwards, also when the process ends before; only SIGKILL leaves it. */
export async function withTemporaryFile(path: string, work: () => Promise<void>): Promise<void> {
  if (paths.size === 0) listen();
  paths.add(path);
  try {
    await work();
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
    paths.delete(path);
    if (paths.size === 0) listenNoMore();
  }
}

function listen(): void {
  process.on('exit', removeAll);
  for (const signal of ENDINGS) process.on(signal, endBy);
}

function listenNoMore(): void {
  process.off('exit', removeAll);
  for (const signal of ENDINGS) process.off(signal, endBy);
}

function removeAll(): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** As if nobody listened, unless somebody else does, who then ends the process in order. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  listenNoMore();
  process.kill(process.pid, signal);
}
