import { setMaxListeners } from 'node:events';
import type { KubeClient } from '@longshore/kube';
import type { ImportCounters } from './import/import-counters.js';
import { runImportController } from './import/import-controller.js';
import type { Importer } from './import/importer.js';
import { runTriggerController } from './triggers/index.js';
import { runImageWebhooks } from './webhooks/index.js';

export interface ImageControllersOptions {
  /**
   * Of a user who may list, watch and import into image streams, patch workloads, read the secret of webhooks, create access
   * reviews, and write events.
   */
  client: KubeClient;
  /** A nearer way to the image API than `client`: imports may take an hour, which is more than what is on the way waits. */
  images?: KubeClient;
  importer: Importer;
  counters?: ImportCounters;
  /** Hears what went wrong; they try again by themselves. */
  onError: (error: unknown) => void;
}

/**
 * Everything that works on images by itself: imports, triggers, webhooks. Runs until the signal is aborted. Of several replicas
 * only one may run it (`runAsLeader`).
 */
export async function runImageControllers(options: ImageControllersOptions, signal: AbortSignal): Promise<void> {
  // Each of them waits for it at several places.
  setMaxListeners(0, signal);
  const { client, images = client, importer, counters, onError } = options;
  await Promise.all([
    runImportController({ client: images, events: client, importer, onError, ...(counters && { counters }) }, signal),
    runTriggerController({ client, onError }, signal),
    runImageWebhooks({ client, onError, observe: (_endpoint, _outcome, error) => error && onError(error) }, signal),
  ]);
}
