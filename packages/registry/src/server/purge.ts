import { namesWithUploads } from '../repositories/catalog.js';
import type { Services } from '../services.js';

const FIRST_AFTER_MS = 60_000;

/** Deletes forgotten uploads from time to time (`storage.maintenance.uploadpurging`), until the signal. */
export function purgeUploads(services: Services, signal: AbortSignal): void {
  const { enabled, interval } = services.config.storage.maintenance.uploadpurging;
  if (!enabled || services.config.storage.maintenance.readonly.enabled) return;
  const again = (delay: number) => {
    const timer = setTimeout(() => void purgeOnce(services, signal).finally(() => again(interval)), delay).unref();
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  again(Math.min(FIRST_AFTER_MS, interval));
}

/** One round over all repositories. Resolves with the number of uploads that went, or would go. */
export async function purgeOnce(
  { driver, config, log, uploads }: Pick<Services, 'driver' | 'config' | 'log' | 'uploads'>,
  signal: AbortSignal,
) {
  const { age, dryrun } = config.storage.maintenance.uploadpurging;
  let total = 0;
  try {
    for await (const repository of namesWithUploads(driver)) {
      if (signal.aborted) break;
      const ids = await uploads.store.purge(repository, age, dryrun);
      total += ids.length;
      for (const id of ids) log.info({ 'vars.name': repository, 'vars.uuid': id, dryrun }, 'forgotten upload purged');
    }
  } catch (error) {
    log.error({ error }, 'purging uploads failed');
  }
  return total;
}
