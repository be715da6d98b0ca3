import { setTimeout as sleep } from 'node:timers/promises';
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
  if (uploadpurging.enabled) void purgeRegularly(services, signal).catch(() => undefined); // the signal, that is
}

async function purgeRegularly(services: Services, signal: AbortSignal): Promise<void> {
  const { interval } = services.config.storage.maintenance.uploadpurging;
  for (let wait = Math.min(FIRST_PURGE_AFTER_MS, interval); ; wait = interval) {
    await sleep(wait, undefined, { ref: false, signal });
    await purgeAll(services, signal);
  }
}

async function sweepAll({ driver, log, tombstones }: Services, signal: AbortSignal): Promise<void> {
  const failed = 'sweeping tags of deleted manifests failed';
  await forEach(repositories(driver), { log, failed, signal }, async (repository) => {
    if (await tombstones.any(repository)) await tombstones.sweep(repository);
  });
}

async function purgeAll({ driver, config, log, uploads }: Services, signal: AbortSignal): Promise<void> {
  const { age, dryrun } = config.storage.maintenance.uploadpurging;
  await forEach(namesWithUploads(driver), { log, failed: 'purging uploads failed', signal }, async (repository) => {
    const ids = await uploads.store.purge(repository, age, dryrun);
    for (const id of ids) log.info({ 'vars.name': repository, 'vars.uuid': id, dryrun }, 'forgotten upload purged');
  });
}

interface Round extends Pick<Services, 'log'> {
  /** What to say when something goes wrong. */
  failed: string;
  signal: AbortSignal;
}

/** One repository that cannot be worked on does not keep the others from it. */
async function forEach(
  names: AsyncIterable<string>,
  { log, failed, signal }: Round,
  work: (repository: string) => Promise<void>,
): Promise<void> {
  try {
    for await (const repository of names) {
      if (signal.aborted) return;
      await work(repository).catch((error: unknown) => log.error({ 'vars.name': repository, error }, failed));
    }
  } catch (error) {
    log.error({ error }, failed);
  }
}
