import { setMaxListeners } from 'node:events';
import {
  follow,
  objectKey,
  systemClock,
  WorkQueue,
  type Clock,
  type ImageStream,
  type KubeClient,
  type ObjectReader,
} from '@longshore/kube';
import { EventRecorder } from '../events/event-recorder.js';
import { ImportCounters } from './import-counters.js';
import { neededImport } from './import-need.js';
import type { Importer } from './importer.js';
import { ScheduledImports } from './scheduled-imports.js';
import { StreamImporter } from './stream-importer.js';

export interface ImportControllerOptions {
  /**
   * Of a user who may list and watch image streams and create image stream imports and images. Imports take long: where the
   * image API is one's own, its transport in the process is better than a way through proxies.
   */
  client: KubeClient;
  /** Tells of streams. Default: `client`. */
  reader?: ObjectReader;
  /** Of a user who may create and patch events, where that is another API. Default: `client`. */
  events?: KubeClient;
  importer: Pick<Importer, 'digests'>;
  /** Default: ones that nobody sees. */
  counters?: ImportCounters;
  /** Hears what went wrong; the controller tries again by itself. */
  onError: (error: unknown) => void;
  /** Streams that are imported at a time. Default 50 (registry.md 8.5). */
  workers?: number;
  /** Between two looks at a stream with scheduled tags. Default, and least, 15 minutes. */
  intervalMs?: number;
  /** Scheduled streams that are looked at in a minute. Default 60. */
  perMinute?: number;
  clock?: Clock;
  random?: () => number;
}

const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
const COMPONENT = 'image-import-controller';
const WORKERS = 50;
const BACKOFF = { baseMs: 1000, maxMs: 60_000 };
/** So often a stream whose import is refused is tried again, until it changes. */
const MAX_RETRIES = 5;

/**
 * Imports what streams ask for (registry.md 3.5, 8.5): tags that are new or have changed at once, scheduled ones again and
 * again. Runs until the signal is aborted. Of several replicas only one may run it (`runAsLeader`).
 */
export async function runImportController(options: ImportControllerOptions, signal: AbortSignal): Promise<void> {
  // Each worker waits for it at several places.
  setMaxListeners(0, signal);
  const { client, importer, counters = new ImportCounters(), onError, intervalMs, perMinute } = options;
  const { clock = systemClock, random = Math.random, workers = WORKERS } = options;
  const streams = new StreamImporter(client, counters, clock);
  const queue = new WorkQueue({ ...BACKOFF, clock, random, onError });
  const scheduled = new ScheduledImports({
    streams,
    importer,
    events: new EventRecorder({ client: options.events ?? client, component: COMPONENT, clock }),
    clock,
    random,
    onError,
    ...(intervalMs !== undefined && { intervalMs }),
    ...(perMinute !== undefined && { perMinute }),
  });
  const note = (stream: ImageStream) => {
    if (neededImport(stream) !== undefined) queue.add(objectKey(stream));
    scheduled.note(stream);
  };
  await Promise.all([
    followStreams(options, { note, scheduled }, signal),
    queue.run(importing(streams, onError), { workers, signal }),
    scheduled.run(signal),
  ]);
}

async function followStreams(
  { client, reader = client, clock, random, onError }: ImportControllerOptions,
  { note, scheduled }: { note: (stream: ImageStream) => void; scheduled: ScheduledImports },
  signal: AbortSignal,
): Promise<void> {
  const how = { onError, ...(clock && { clock }), ...(random && { random }) };
  for await (const event of follow<ImageStream>(reader, STREAMS, how, signal)) {
    if (event.type === 'reset') {
      const keys = new Set(event.objects.map(objectKey));
      for (const key of [...scheduled.keys()]) if (!keys.has(key)) scheduled.forget(key);
      for (const stream of event.objects) note(stream);
    } else if (event.type === 'put') note(event.object);
    else scheduled.forget(objectKey(event.object));
  }
}

/** Imports what a stream needs by now. What is refused is tried again some times: conflicts end by themselves. */
function importing(streams: StreamImporter, onError: (error: unknown) => void) {
  const retries = new Map<string, number>();
  return async (key: string, signal: AbortSignal): Promise<void> => {
    const stream = await streams.find(key, signal);
    const needed = stream === undefined ? undefined : neededImport(stream);
    const count = retries.get(key) ?? 0;
    retries.delete(key);
    if (stream === undefined || needed === undefined) return;
    try {
      await streams.import(stream, needed, { isScheduled: false, signal });
    } catch (error) {
      if (count < MAX_RETRIES) {
        retries.set(key, count + 1);
        throw error;
      }
      onError(error);
    }
  };
}
