import type { Controller } from '@longshore/apiserver';
import { hasReason, objectKey, type KubeObject } from '@longshore/kube';

/** As Kubernetes keeps them (`--event-ttl` of kube-apiserver), from the last time that they happened. */
export const EVENT_TTL_MS = 60 * 60_000;

interface Event extends KubeObject {
  eventTime?: string | null;
  lastTimestamp?: string | null;
  series?: { lastObservedTime?: string | null } | null;
}

/** Milliseconds since 1970 at which an event is forgotten. */
export function eventEnd({ metadata, eventTime, lastTimestamp, series }: Event): number {
  const times = [metadata.creationTimestamp, eventTime, lastTimestamp, series?.lastObservedTime].map((time) =>
    Date.parse(time ?? ''),
  );
  return Math.max(...times.filter((time) => !Number.isNaN(time)), 0) + EVENT_TTL_MS;
}

/** Takes events away that nobody looks for any more. `now`: milliseconds since 1970. */
export function eventExpiryController(now: () => number): Controller {
  return {
    name: 'event-expiry',
    follows: { events: (event) => [objectKey(event)] },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const event = await objects.get<Event>('events', namespace, name);
      if (event === undefined) return undefined;
      const left = eventEnd(event) - now();
      if (left > 0) return { after: Math.min(left, EVENT_TTL_MS) };
      await objects.delete('events', namespace, name).catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
      return undefined;
    },
  };
}
