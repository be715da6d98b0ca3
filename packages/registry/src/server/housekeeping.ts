import { namesWithUploads, repositories } from '../repositories/catalog.js';
import type { Services } from '../services.js';

const FIRST_PURGE_AFTER_MS = 60_000;

/**
 * What a server does unasked, until the signal: ends the sweeps that a killed process began, and deletes forgotten uploads
 * from time to time (`storage.maintenance.uploadpurging`).
 */
export function keepHouse(services: Services, signal: AbortSignal): void {
  const { readonly, uploadpurging } = services.config.storage.maintenance;
  if (readonly.enabled) return;
  void sweepAll(services, signal);
  if (!uploadpurging.enabled) return;
  const again = (delay: number) => {
    const round = () => void purgeAll(services, signal).finally(() => again(uploadpurging.interval));
    const timer = setTimeout(round, delay).unref();
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  again(Math.min(FIRST_PURGE_AFTER_MS, uploadpurging.interval));
}

async function sweepAll({ driver, log, tombstones }: Services, signal: AbortSignal): Promise<void> {
  try {
    for await (const repository of repositories(driver)) {
      if (signal.aborted) return;
      if (await tombstones.any(repository)) await tombstones.sweep(repository);
    }
  } catch (error) {
    log.error({ error }, 'sweeping tags of deleted manifests failed');
  }
}

async function purgeAll({ driver, config, log, uploads }: Services, signal: AbortSignal): Promise<void> {
  const { age, dryrun } = config.storage.maintenance.uploadpurging;
  try {
    for await (const repository of namesWithUploads(driver)) {
      if (signal.aborted) return;
      const ids = await uploads.store.purge(repository, age, dryrun);
      for (const id of ids) log.info({ 'vars.name': repository, 'vars.uuid': id, dryrun }, 'forgotten upload purged');
    }
  } catch (error) {
    log.error({ error }, 'purging uploads failed');
  }
}
