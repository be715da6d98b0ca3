import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { track } from '../children.js';
import { MemoryWatch } from '../memory-watch.js';

/** Runs a command of longshore whose registries speak plain http, and returns the peak of its memory in bytes. */
export type RunLongshore = (...args: string[]) => Promise<number>;

/** `longshore` of a repository, which keeps what it remembers of mirrorings in `stateDir`. */
export function longshoreOf(repositoryRoot: string, stateDir: string): RunLongshore {
  const program = join(repositoryRoot, 'packages/cli/bin/longshore.js');
  const env = { ...process.env, XDG_STATE_HOME: stateDir };
  return async (...args) => {
    const child = track(
      spawn(process.execPath, [program, ...args, '--insecure'], { env, stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const watch = new MemoryWatch(child.pid ?? 0);
    const [status] = (await once(child, 'close')) as [number | null];
    watch.end();
    if (status === 0) return watch.peak();
    throw new Error(`longshore ${args[0]} ended with ${status}: ${Buffer.concat(errors).toString().slice(-600)}`);
  };
}
