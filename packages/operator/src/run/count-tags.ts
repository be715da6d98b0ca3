import { hasReason, isAborted, type Clock, type KubeClient } from '@longshore/kube';
import type { OperatorMetrics } from '../observe/operator-metrics.js';
import { countTags } from '../observe/tag-counts.js';

const INTERVAL_MS = 60 * 60_000;
const RETRY_MS = 60_000;

export interface TagCounter {
  client: KubeClient;
  clock: Clock;
  onError: (error: unknown) => void;
}

/**
 * Counts the tags of all image streams at once and each hour, until the signal is aborted; where there are no image streams, it looks
 * for them each minute. Errors: none, they are told.
 */
export async function countTagsHourly(
  { client, clock, onError }: TagCounter,
  metrics: Pick<OperatorMetrics, 'observeTags'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let wait = INTERVAL_MS;
    try {
      metrics.observeTags(await countTags(client, signal));
    } catch (error) {
      if (isAborted(signal)) return;
      if (!hasReason(error, 'NotFound')) onError(error);
      wait = RETRY_MS;
    }
    await clock.sleep(wait, signal).catch(() => {});
  }
}
