import type { ImageStream, KubeList, KubeObject, WatchEvent } from '@longshore/kube';
import { afterEach, expect, it, vi } from 'vitest';
import { StreamCache } from './stream-cache.js';
import { watchStreams } from './stream-watch.js';

const stops: AbortController[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop.abort()));

function stream(version: number): KubeObject {
  return {
    apiVersion: 'meta.k8s.io/v1',
    kind: 'PartialObjectMetadata',
    metadata: { name: 'app', namespace: 'shop', resourceVersion: String(version) },
  };
}

/** One watch: what it tells, and how it ends. */
class Watch implements AsyncIterable<WatchEvent<KubeObject>> {
  private readonly told: (WatchEvent<KubeObject> | Error | 'end')[] = [];
  private wake: () => void = () => undefined;

  constructor(
    readonly from: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.tell(signal.reason as Error));
  }

  tell(what: WatchEvent<KubeObject> | Error | 'end'): void {
    this.told.push(what);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<KubeObject>> {
    for (;;) {
      const next = this.told.shift();
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next) yield next;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** A clock that a test moves: sleepers wake when it is told so. */
class Clock {
  time = 0;
  private readonly sleepers = new Set<{ at: number; wake: () => void }>();
  now = () => this.time;
  monotonic = () => this.time;
  sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { at: this.time + ms, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  move(ms: number): void {
    this.time += ms;
    for (const sleeper of this.sleepers) {
      if (sleeper.at > this.time) continue;
      this.sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

async function scene() {
  const watches: Watch[] = [];
  const errors: unknown[] = [];
  const clock = new Clock();
  const cache = new StreamCache();
  const stop = new AbortController();
  stops.push(stop);
  let lists = 0;
  const api = {
    listStreams: async () => {
      lists++;
      return { metadata: { resourceVersion: String(100 * lists) }, items: [] } as unknown as KubeList<ImageStream>;
    },
    watchStreams: (from: string, signal: AbortSignal) => {
      const watch = new Watch(from, signal);
      watches.push(watch);
      return watch;
    },
  };
  const onError = (error: unknown) => void errors.push(error);
  const done = watchStreams(api, [cache], { clock, random: () => 1, onError }, stop.signal);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  await cache.fill('shop/app', () => Promise.resolve(undefined));
  return { watches, errors, clock, cache, stop, done, lists: () => lists };
}

it('begins without a list of all streams, and hears of changes', async () => {
  const { watches, cache } = await scene();
  expect(watches[0]?.from).toBe('100');
  expect(cache.get('shop/app')).toBe('absent');
  watches[0]?.tell({ type: 'ADDED', object: stream(101) });
  await vi.waitFor(() => expect(cache.get('shop/app')).toBeUndefined());
  await cache.fill('shop/app', () => Promise.resolve(undefined));
  watches[0]?.tell({ type: 'DELETED', object: stream(102) });
  await vi.waitFor(() => expect(cache.get('shop/app')).toBeUndefined());
});

it('goes on where a watch ended in order, and keeps what it knows', async () => {
  const { watches, cache, clock, lists } = await scene();
  watches[0]?.tell({ type: 'BOOKMARK', object: stream(150) });
  await vi.waitFor(() => expect(cache.get('shop/app')).toBe('absent'));
  clock.move(60_000);
  watches[0]?.tell('end');
  await vi.waitFor(() => expect(watches[1]?.from).toBe('150'));
  expect(cache.get('shop/app')).toBe('absent');
  expect(lists()).toBe(1);
});

it('forgets when a watch breaks, and begins anew a while later', async () => {
  const { watches, cache, clock, errors } = await scene();
  watches[0]?.tell(new Error('broken'));
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(cache.get('shop/app')).toBeUndefined();
  expect(watches).toHaveLength(1);
  clock.move(500);
  await vi.waitFor(() => expect(watches[1]?.from).toBe('200'));
});

it('takes an end so soon that it pauses for a break', async () => {
  const { watches, cache, clock, errors } = await scene();
  clock.move(999);
  watches[0]?.tell('end');
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(cache.get('shop/app')).toBeUndefined();
  expect(watches).toHaveLength(1);
  clock.move(500);
  await vi.waitFor(() => expect(watches[1]?.from).toBe('200'));
});

it('takes a long silence for the end', async () => {
  const { watches, cache, clock, errors } = await scene();
  clock.move(149_000);
  watches[0]?.tell({ type: 'BOOKMARK', object: stream(150) });
  await new Promise((resolve) => setImmediate(resolve));
  clock.move(149_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(errors).toEqual([]);
  clock.move(1_000);
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(cache.get('shop/app')).toBeUndefined();
});

it('ends with the signal', async () => {
  const { stop, done, errors } = await scene();
  stop.abort();
  await done;
  expect(errors).toEqual([]);
});
