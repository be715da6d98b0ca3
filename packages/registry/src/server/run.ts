import { FilesystemDriver } from '@longshore/storage';
import type { RegistryConfig } from '../config/index.js';
import type { Logger, Metrics, RequestLimiter } from '../observe/index.js';
import { createAccess } from './create-access.js';
import { createDriver } from './create-driver.js';
import { listenDebug } from './debug-server.js';
import { listen } from './http-server.js';
import { keepHouse } from './housekeeping.js';
import { createRegistry, type RegistryParts } from './registry.js';

/** What is older than this in the folder of temporary files belongs to a process that died. */
const TEMPORARY_AGE_MS = 24 * 3_600_000;

export interface RunOptions {
  secret: Buffer;
  log: Logger;
  metrics: Metrics;
  limiter: RequestLimiter;
  renderMetrics: () => Promise<string>;
  /** Whether this process does what is done once a server: purging uploads, the debug address. */
  first: boolean;
}

export interface Running {
  address: string;
  /** Drains and ends. */
  stop(): Promise<void>;
}

/** Serves a registry in this process. Errors: users or certificates that can't be read, an address in use. */
export async function run(config: RegistryConfig, options: RunOptions): Promise<Running> {
  const stop = new AbortController();
  const who = await accessOf(config, options, stop.signal);
  const driver = createDriver(config);
  const registry = createRegistry(config, { ...options, driver, ...who });
  if (!config.storage.maintenance.readonly.enabled) registry.warmUp();
  const server = await listen(config.http, registry.handle, options.log);
  if (options.first) {
    keepHouse(registry.services, stop.signal);
    if (driver instanceof FilesystemDriver && !config.storage.maintenance.readonly.enabled) {
      await driver.cleanTemporary(TEMPORARY_AGE_MS);
    }
    if (config.http.debug) await listenDebug(config.http.debug, registry.services, stop.signal);
  }
  return {
    address: server.address,
    stop: async () => {
      stop.abort();
      await server.drain(config.http.draintimeout);
      await registry.close();
    },
  };
}

/** The client of clusters is loaded only where there is one. */
async function accessOf(
  config: RegistryConfig,
  { secret, log, metrics }: RunOptions,
  signal: AbortSignal,
): Promise<Pick<RegistryParts, 'access' | 'join'>> {
  if (!config.auth?.openshift) return { access: await createAccess(config, secret, log) };
  const { joinCluster } = await import('./join-cluster.js');
  return joinCluster(config, { secret, log, metrics, signal });
}
