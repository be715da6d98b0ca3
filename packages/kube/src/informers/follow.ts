import { hasReason } from '../api-error.js';
import { isAborted } from '../client/abortable.js';
import { Backoff } from '../backoff.js';
import { systemClock, type Clock } from '../clock.js';
import type { KubeClient } from '../client/kube-client.js';
import type { ResourceType } from '../client/resource-path.js';
import type { KubeObject } from '../object.js';

/** Who tells what there is of a resource, and what changes. */
export type ObjectReader = Pick<KubeClient, 'listAll' | 'watch'>;

/** What a follower learns: first and after gaps all that there is, then each change. */
export type FollowEvent<T extends KubeObject = KubeObject> =
  { type: 'reset'; objects: T[]; resourceVersion: string } | { type: 'put' | 'delete'; object: T };

export interface FollowOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  clock?: Clock;
  random?: () => number;
  /** Hears why a list or watch failed; the follower tries again by itself. */
  onError?: (error: unknown) => void;
}

const BASE_WAIT_MS = 800;
const MAX_WAIT_MS = 30_000;
/** A watch that lasted so long was a good one, also if nothing happened. */
const GOOD_WATCH_MS = 10_000;
const MIN_WATCH_SECONDS = 300;

/**
 * Follows a resource without end: lists it, watches on from there, resumes where a watch ended, and lists again when the server
 * has forgotten that place (410). Waits, with jitter, between failures. Ends when `signal` is aborted.
 */
export async function* follow<T extends KubeObject = KubeObject>(
  client: ObjectReader,
  type: ResourceType,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<FollowEvent<T>, void, void> {
  const { clock = systemClock, random = Math.random, onError = () => {}, ...selection } = options;
  const backoff = new Backoff(BASE_WAIT_MS, MAX_WAIT_MS, random);
  let version: string | undefined;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      if (version === undefined) {
        const list = await client.listAll<T>(type, { ...selection, signal });
        version = list.metadata.resourceVersion ?? '';
        yield { type: 'reset', objects: list.items, resourceVersion: version };
      }
      const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
      const events = client.watch<T>(type, {
        ...selection,
        resourceVersion: version,
        allowWatchBookmarks: true,
        timeoutSeconds,
        signal,
      });
      for await (const { type: change, object } of events) {
        version = object.metadata.resourceVersion ?? version;
        backoff.reset();
        if (change !== 'BOOKMARK') yield { type: change === 'DELETED' ? 'delete' : 'put', object };
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (hasReason(error, 'Expired') || hasReason(error, 'Gone')) version = undefined;
      onError(error);
    }
    if (clock.monotonic() - began >= GOOD_WATCH_MS) backoff.reset();
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
}
