import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { processTree } from '../process-tree.js';

/** Names the folder in which each process of a server answers for its event loop. */
export const loopMonitorVariable = 'LOOP_MONITOR_DIR';

export function socketPath(dir: string, pid: number): string {
  return join(dir, `loop-${pid}`);
}

/** The environment that makes each Node process of a server watch its event loop. Other programs ignore it. */
export function loopMonitorEnvironment(dir: string): Record<string, string> {
  const module = new URL('./loop-monitor.js', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${module}`, [loopMonitorVariable]: dir };
}

/**
 * The event-loop delay p99 since the last call in milliseconds, of the process in which it is worst: a mean over all of
 * them would let idle ones hide a busy one. Undefined when no process watches its event loop.
 */
export async function worstEventLoopDelay(dir: string, rootPid: number): Promise<number | undefined> {
  const sockets = processTree(rootPid)
    .map((pid) => socketPath(dir, pid))
    .filter((path) => existsSync(path));
  const nanoseconds = await Promise.all(sockets.map(async (path) => Number(await text(connect(path)))));
  return nanoseconds.length === 0 ? undefined : Math.max(...nanoseconds) / 1e6;
}
