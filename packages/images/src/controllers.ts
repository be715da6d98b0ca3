import { setMaxListeners } from 'node:events';
import { systemClock, type KubeClient, type ObjectReader } from '@longshore/kube';
import { ImportCounters } from './import/import-counters.js';
import { runImportController } from './import/import-controller.js';
import type { Importer } from './import/importer.js';
import { runSignatureImport } from './signatures/signature-import.js';
import { SignatureSources, type SignatureSourcesOptions } from './signatures/signature-sources.js';
import { runTriggerController } from './triggers/index.js';
import { runImageWebhooks } from './webhooks/index.js';

export interface ImageControllersOptions {
  /**
   * Of a user who may list, watch and import into image streams, list, watch and update images, patch workloads, read the secret
   * of webhooks, create access reviews, and write events.
   */
  client: KubeClient;
  /** A nearer way to the image API than `client`: imports may take an hour, which is more than what is on the way waits. */
  images?: KubeClient;
  /** Tells of streams and images; what it gives is not changed. Default: `images`. */
  reader?: ObjectReader;
  importer: Importer;
  /** Who keeps signatures of images. */
  signatures: Omit<SignatureSourcesOptions, 'clock'> & { ownHosts: () => readonly string[] };
  counters?: ImportCounters;
  /** Hears what went wrong; they try again by themselves. */
  onError: (error: unknown) => void;
}

/**
 * Everything that works on images by itself: imports of images and signatures, triggers, webhooks. Runs until the signal is aborted. Of several replicas
 * only one may run it (`runAsLeader`).
 */
export async function runImageControllers(options: ImageControllersOptions, signal: AbortSignal): Promise<void> {
  // Each of them waits for it at several places.
  setMaxListeners(0, signal);
  const { client, images = client, reader = images, importer, counters = new ImportCounters(), onError } = options;
  const clock = systemClock;
  const { ownHosts, ...where } = options.signatures;
  const sources = new SignatureSources({ ...where, clock });
  const signing = { client: images, reader, sources, counters: counters.signatures, ownHosts, onError, clock };
  await Promise.all([
    runImportController({ client: images, reader, events: client, importer, counters, onError }, signal),
    runSignatureImport(signing, signal),
    runTriggerController({ client, reader, onError }, signal),
    runImageWebhooks(
      { client, reader, onError, observe: (_endpoint, _outcome, error) => error && onError(error) },
      signal,
    ),
  ]);
  await sources.close();
}
