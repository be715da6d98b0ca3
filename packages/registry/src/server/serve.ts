import { availableParallelism } from 'node:os';
import type { RegistryConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';
import { limitedBy } from '../observe/limits.js';
import { createLogger } from '../observe/logger.js';
import { BUILD } from './build.js';
import { createDriver } from './create-driver.js';
import { runWorkers } from './primary.js';
import type { Running, RunOptions } from './run.js';
import { sharedSecret } from './secrets.js';
import { removeStaleSocket } from './stale-socket.js';
import { startLines } from './start-lines.js';

export interface ServeOptions {
  /** Default: a logger as the configuration says. */
  log?: Logger;
}

/**
 * Serves a registry, in this process or in several (`longshore.workers`). Resolves when it listens; `stop` drains. Errors:
 * users, storage or certificates that can't be read, an address in use.
 */
export async function serve(config: RegistryConfig, options: ServeOptions = {}): Promise<Running> {
  const log = options.log ?? createLogger(config.log);
  for (const line of startLines(config)) log.info({}, line);
  for (const note of config.notes ?? []) log.warn({ note }, 'a part of the configuration has no effect');
  if (config.http.net === 'unix') await removeStaleSocket(config.http.addr);
  const driver = createDriver(config);
  const secret = await sharedSecret(config.http.secret, driver);
  const limiter = limitedBy(config.openshift.requests);
  const workers = workerCount(config);
  const running =
    workers === 1
      ? await runHere(config, { secret, log, limiter })
      : await runWorkers(config, { secret, log, limiter, workers });
  log.info({ workers }, `listening on ${running.address}${config.http.tls ? ', tls' : ''}`);
  return {
    address: running.address,
    stop: async () => {
      log.info({}, 'shutting down image registry server');
      try {
        await running.stop();
        log.info({}, 'server shutdown, bye.');
      } finally {
        await log.flush();
      }
    },
  };
}

/** The primary of several workers never loads what it does not serve itself. */
async function runHere(
  config: RegistryConfig,
  options: Pick<RunOptions, 'secret' | 'log' | 'limiter'>,
): Promise<Running> {
  const [{ run }, { createMetrics }] = await Promise.all([import('./run.js'), import('../observe/metrics.js')]);
  const metrics = createMetrics({ build: BUILD });
  return run(config, { ...options, metrics, renderMetrics: () => metrics.render(), first: true });
}

/** The memory driver keeps its content in one process. */
function workerCount({ longshore, storage }: RegistryConfig): number {
  if (storage.inmemory) return 1;
  return longshore.workers === 'auto' ? availableParallelism() : longshore.workers;
}
