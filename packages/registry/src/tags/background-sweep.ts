import type { Services } from '../services.js';

/** Sweeps away the tags of deleted manifests while the caller goes on; what fails remains for the next sweep. */
export function sweepInBackground({ tombstones, log }: Pick<Services, 'tombstones' | 'log'>, repository: string): void {
  tombstones.sweep(repository).catch((error: unknown) => {
    log.error({ 'vars.name': repository, error }, 'tags of a deleted manifest remain for now');
  });
}
