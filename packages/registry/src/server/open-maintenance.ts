import type { StorageDriver } from '@longshore/storage';
import type { RegistryConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';
import type { Maintenance } from './maintenance.js';

/** Opens the storage of a configuration for maintenance. `driver`: in place of the configuration's. */
export async function openMaintenance(
  config: RegistryConfig,
  log: Logger,
  driver?: StorageDriver,
): Promise<Maintenance> {
  const { createMaintenance } = await import('./maintenance.js');
  return createMaintenance(config, log, driver);
}
