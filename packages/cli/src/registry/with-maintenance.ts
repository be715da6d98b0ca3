import type { Maintenance, RegistryConfig } from '@longshore/registry';
import { CliError } from '../cli-error.js';
import type { Progress } from '../progress.js';

/** Opens a registry's storage for work from outside, with something to show the progress on, and closes both. */
export async function withMaintenance<T>(
  config: RegistryConfig,
  quiet: boolean,
  work: (maintenance: Maintenance, progress: Progress) => Promise<T>,
): Promise<T> {
  if (config.storage.inmemory) {
    throw new CliError('storage.inmemory: the memory of a running registry cannot be reached from outside', 2);
  }
  const { createLogger, openMaintenance } = await import('@longshore/registry');
  const { Progress } = await import('../progress.js');
  const maintenance = await openMaintenance(config, createLogger({ level: 'error' }));
  const progress = new Progress({ quiet });
  try {
    return await work(maintenance, progress);
  } finally {
    progress.end();
    await maintenance.close();
  }
}
