import { hasReason, visitObjects, type Image, type ImageStream, type KubeClient } from '@longshore/kube';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PrunePlan } from './prune-plan.js';
import { IMAGES, STREAMS } from './read-cluster.js';

const PAUSE_MS = 1000;

/**
 * Tells a plan of all that is pushed, tagged or imported since it was made, so that it is saved, until the signal is aborted.
 * What a push does in the same instant is seen by the registry's leases and the version of the image. `onFailure` hears when
 * it hears of nothing, once until it does again: what is tagged meanwhile is not saved.
 */
export async function followChanges(
  client: KubeClient,
  plan: PrunePlan,
  versions: { images: string; streams: string },
  signal: AbortSignal,
  onFailure: (what: string, error: unknown) => void,
): Promise<void> {
  const how = (what: string) => ({ signal, onFailure: (error: unknown) => onFailure(`the watch of ${what}`, error) });
  await Promise.all([
    follow<ImageStream>(client, STREAMS, versions.streams, (stream) => plan.takeStream(stream), how('image streams')),
    follow<Image>(client, IMAGES, versions.images, (image) => plan.takeImage(image), how('images')),
  ]);
}

async function follow<T extends Image | ImageStream>(
  client: KubeClient,
  type: typeof IMAGES,
  from: string,
  take: (object: T) => void,
  { signal, onFailure }: { signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<void> {
  let hasFailed = false;
  for (let version = from; !signal.aborted;) {
    try {
      const options = { resourceVersion: version, allowWatchBookmarks: true, signal };
      for await (const { type: change, object } of client.watch<T>(type, options)) {
        if (change === 'ADDED' || change === 'MODIFIED') take(object);
        version = object.metadata.resourceVersion ?? version;
        hasFailed = false;
      }
    } catch (error) {
      try {
        if (isAborted(signal)) return;
        if (!hasReason(error, 'Expired')) throw error;
        version = await visitObjects<T>(client, type, { signal }, take);
      } catch (failure) {
        if (isAborted(signal)) return;
        if (!hasFailed) onFailure(failure);
        hasFailed = true;
      }
    }
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The compiler does not see that a signal changes while one waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
