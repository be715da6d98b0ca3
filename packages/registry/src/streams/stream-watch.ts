import { Backoff, systemClock, type Clock, type KubeObject, type WatchEvent } from '@longshore/kube';
import type { ImageApi } from './image-api.js';

export interface StreamWatchOptions {
  clock?: Clock;
  random?: () => number;
  /** Hears why the streams cannot be watched; it is tried again. */
  onError: (error: unknown) => void;
}

/** Hears which streams change. */
export interface StreamListener {
  /** A watch begins from which no change is missing. */
  begin(): void;
  /** The watch is broken: changes may be missed. */
  forget(): void;
  /** A version of the stream `namespace/name`: it was changed then, or deleted. */
  changed(key: string, version: string): void;
}

const BASE_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
/** A server that ends watches sooner is ailing. */
const SHORT_WATCH_MS = 1000;
/** API servers send a bookmark each minute. */
const SILENCE_MS = 150_000;

/**
 * Tells listeners which streams change, until the signal. It begins at the present without a list of what there is, and goes on
 * where a watch ended in order; after anything else, also an end so soon that a pause is due, it tells them to forget, and
 * begins anew.
 */
export async function watchStreams(
  api: Pick<ImageApi, 'listStreams' | 'watchStreams'>,
  listeners: readonly StreamListener[],
  options: StreamWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock = systemClock, random = Math.random, onError } = options;
  const backoff = new Backoff(BASE_WAIT_MS, MAX_WAIT_MS, random);
  let version: string | undefined;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      if (version === undefined) {
        version = (await api.listStreams({ limit: 1 })).metadata.resourceVersion ?? '';
        for (const listener of listeners) listener.begin();
      }
      const from = version;
      for await (const event of untilSilent((signal) => api.watchStreams(from, signal), clock, signal)) {
        version = event.object.metadata.resourceVersion ?? version;
        tell(listeners, event);
      }
      if (clock.monotonic() - began < SHORT_WATCH_MS) throw new Error('the watch has ended at once');
    } catch (error) {
      version = undefined;
      for (const listener of listeners) listener.forget();
      if (!signal.aborted) onError(error);
    }
    if (clock.monotonic() - began >= SHORT_WATCH_MS) backoff.reset();
    if (version !== undefined) continue;
    await clock.sleep(backoff.next(), signal).catch(() => undefined);
  }
}

/** The events of a watch. Errors: also when nothing has come for so long that nobody can be at the other end. */
async function* untilSilent<T>(
  watch: (signal: AbortSignal) => AsyncIterable<T>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const [silent, ended] = [new AbortController(), new AbortController()];
  let heardAt = clock.monotonic();
  const listen = async () => {
    for (let left = SILENCE_MS; left > 0; left = heardAt + SILENCE_MS - clock.monotonic()) {
      await clock.sleep(left, ended.signal);
    }
    silent.abort(new Error('the watch has been silent for too long'));
  };
  listen().catch(() => undefined);
  try {
    for await (const event of watch(AbortSignal.any([signal, silent.signal]))) {
      heardAt = clock.monotonic();
      yield event;
    }
  } finally {
    ended.abort();
  }
}

function tell(listeners: readonly StreamListener[], { type, object }: WatchEvent<KubeObject>): void {
  if (type === 'BOOKMARK') return;
  const { namespace = '', name = '', resourceVersion = '' } = object.metadata;
  for (const listener of listeners) listener.changed(`${namespace}/${name}`, resourceVersion);
}
