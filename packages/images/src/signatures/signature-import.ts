import { setMaxListeners } from 'node:events';
import {
  Backoff,
  hasReason,
  isAborted,
  WorkQueue,
  type Clock,
  type Image,
  type KubeClient,
  type ObjectReader,
} from '@longshore/kube';
import { isDigest } from '@longshore/oci';
import { registryOf } from '../import/importer.js';
import { RegistryPauses } from '../import/registry-pauses.js';
import type { SignatureCounters } from './signature-counters.js';
import type { SignatureSources } from './signature-sources.js';
import { missingSignatures, withSignatures } from './signed-image.js';

export interface SignatureImportOptions {
  /** Of a user who may list, watch and update images. */
  client: KubeClient;
  /** Tells of new images. Default: `client`. */
  reader?: ObjectReader;
  sources: Pick<SignatureSources, 'find'>;
  counters: SignatureCounters;
  /** Hosts of the cluster's own registry, whose images have their signatures here. */
  ownHosts: () => readonly string[];
  onError: (error: unknown) => void;
  clock: Clock;
  random?: () => number;
  /** Between two looks at all images. Default an hour (registry.md 3.2). */
  intervalMs?: number;
}

const IMAGES = { group: 'image.openshift.io', version: 'v1', resource: 'images' };
const HOUR_MS = 3_600_000;
const PAGE = 100;
const WORKERS = 5;
const CONFLICT_MS = 1000;
const WATCH_BACKOFF = { baseMs: 1000, maxMs: 300_000 };
const PAUSING: ReadonlySet<string> = new Set(['TOO_MANY_REQUESTS', 'UNAVAILABLE']);

/**
 * Gives images of other registries the signatures that stores and registries have of them: new images at once, all of them every
 * hour (registry.md 3.2). What fails is counted, and asked for again in the next hour. Runs until the signal is aborted.
 */
export async function runSignatureImport(options: SignatureImportOptions, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal);
  const { clock, random = Math.random, onError } = options;
  const queue = new WorkQueue({ clock, random, onError });
  const note = (image: Image) => {
    if (missingSignatures(image) > 0) queue.add(image.metadata.name ?? '');
  };
  await Promise.all([findImages(options, note, signal), queue.run(importing(options), { workers: WORKERS, signal })]);
}

async function findImages(
  options: SignatureImportOptions,
  note: (image: Image) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, intervalMs = HOUR_MS, onError } = options;
  while (!signal.aborted) {
    const until = clock.monotonic() + intervalMs;
    try {
      const version = await noteAll(options.client, note, signal);
      await noteNew(options, { version, until }, note, signal);
    } catch (error) {
      if (!isAborted(signal)) onError(error);
    }
    await clock.sleep(until - clock.monotonic(), signal).catch(() => undefined);
  }
}

/** Page by page, so that they are not in memory all at once. Returns the version of the list. */
async function noteAll(client: KubeClient, note: (image: Image) => void, signal: AbortSignal): Promise<string> {
  let next: string | undefined;
  for (;;) {
    const page = await client.list<Image>(IMAGES, {
      limit: PAGE,
      signal,
      ...(next !== undefined && { continue: next }),
    });
    for (const image of page.items) note(image);
    if (!page.metadata.continue) return page.metadata.resourceVersion ?? '';
    next = page.metadata.continue;
  }
}

/** Until a time, or until the server has forgotten the version. */
async function noteNew(
  { client, reader = client, clock, random, onError }: SignatureImportOptions,
  { version, until }: { version: string; until: number },
  note: (image: Image) => void,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(WATCH_BACKOFF.baseMs, WATCH_BACKOFF.maxMs, random);
  let resourceVersion = version;
  for (;;) {
    const timeoutSeconds = Math.floor((until - clock.monotonic()) / 1000);
    if (timeoutSeconds < 1) return;
    try {
      const how = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds, signal };
      for await (const { type, object } of reader.watch<Image>(IMAGES, how)) {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        backoff.reset();
        if (type === 'ADDED') note(object);
      }
    } catch (error) {
      if (isAborted(signal) || hasReason(error, 'Expired') || hasReason(error, 'Gone')) throw error;
      onError(error);
    }
    await clock.sleep(Math.min(backoff.next(), Math.max(0, until - clock.monotonic())), signal);
  }
}

/** Looks for the signatures of one image. */
function importing(options: SignatureImportOptions) {
  const { client, sources, counters, ownHosts, onError, clock, random = Math.random } = options;
  const pauses = new RegistryPauses(clock, random);
  return async (name: string, signal: AbortSignal): Promise<{ after: number } | undefined> => {
    const image = await client.find<Image>(IMAGES, name, { signal });
    if (image === undefined || !isDigest(name) || missingSignatures(image) === 0) return undefined;
    const { dockerImageReference: pullSpec = '' } = image;
    const registry = registryOf(pullSpec);
    if (ownHosts().includes(registry) || pauses.remaining(registry) > 0) return undefined;
    try {
      const { signatures, problems } = await sources.find(pullSpec, name, signal);
      for (const { code } of problems) counters.countFailed(pullSpec, code);
      const pausing = problems.find(({ code }) => PAUSING.has(code));
      if (pausing === undefined) pauses.resume(registry);
      else pauses.pause(registry, pausing.retryAfterSeconds);
      const signed = withSignatures(image, signatures, new Date(clock.now()));
      if (signed === undefined) return undefined;
      await client.update(IMAGES, signed, { signal });
      counters.countImported(pullSpec, (signed.signatures?.length ?? 0) - (image.signatures?.length ?? 0));
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      if (hasReason(error, 'Conflict')) return { after: CONFLICT_MS };
      onError(error);
      return undefined;
    }
  };
}
