import type { ImageStream } from '@longshore/kube';
import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TagStore } from '../tags/tag-store.js';
import { StreamCache } from './stream-cache.js';
import { viewStream, type StreamView } from './stream-view.js';
import { Streams } from './streams.js';

const NAME = 'shop/app';
const TAG = 'v1';
const DIGESTS = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text)));
const WORKERS = 2;

type Change = { do: 'push' | 'begin push' | 'tag'; digest: Digest } | { do: 'end push' | 'untag' | 'delete' };
type Op = Change | { do: 'hear' | 'read' | 'break' | 'restart'; worker: number } | { do: 'answer' | 'wait' };

interface Reading {
  worker: number;
  /** What the tag must be; undefined when more than one answer is right. */
  expected: { digest: Digest | undefined } | undefined;
  changesBefore: number;
}

/** Two processes, one storage, and an API server whose answers and events come when the test says so. */
class World {
  private truth: Digest | undefined;
  private version = 1;
  private changes = 0;
  private pushing: { digest: Digest; version: number } | undefined;
  private last: { kind: 'push'; digest: Digest } | { kind: 'delete' } | undefined;
  private now = 1_000_000;
  private readonly calls: (() => void)[] = [];
  private readonly driver = new InMemoryDriver({ now: () => this.now });
  private readonly readings: Promise<void>[] = [];
  private readonly tags = Array.from({ length: WORKERS }, () => new TagStore(this.driver, { now: () => this.now }));
  private readonly workers = this.tags.map((tags) => {
    const cache = new StreamCache();
    cache.begin();
    const api = { findStream: () => this.find(), deleteTag: () => Promise.resolve(true) };
    return { cache, events: [] as StreamView[], live: true, streams: new Streams({ api, cache, tags }) };
  });
  asked = 0;

  async run(op: Op): Promise<void> {
    switch (op.do) {
      case 'push':
        if (this.pushing !== undefined) break;
        this.set(op.digest);
        await this.link(op.digest);
        break;
      case 'begin push':
        if (this.pushing !== undefined) break;
        this.set(op.digest);
        this.pushing = { digest: op.digest, version: this.version };
        break;
      case 'end push': {
        const { pushing } = this;
        if (!pushing) break;
        await this.link(pushing.digest);
        // Who set the tag in the API meanwhile came later.
        if (pushing.version !== this.version) this.last = undefined;
        this.pushing = undefined;
        break;
      }
      case 'tag':
        this.set(op.digest);
        this.last = undefined;
        break;
      case 'untag':
        this.set(undefined);
        this.last = undefined;
        break;
      case 'delete':
        await this.delete();
        break;
      case 'hear': {
        const { cache, events } = this.worker(op.worker);
        const view = events.shift();
        if (view) cache.changed(NAME, view.resourceVersion);
        break;
      }
      case 'read':
        this.readings.push(this.read(op.worker));
        break;
      case 'break':
      case 'restart': {
        const worker = this.worker(op.worker);
        worker.cache.forget();
        worker.events.length = 0;
        worker.live = op.do === 'restart';
        if (worker.live) worker.cache.begin();
        break;
      }
      case 'answer':
        this.calls.shift()?.();
        break;
      case 'wait':
        this.now += 5000;
    }
    await settle();
  }

  async end(): Promise<void> {
    for (; this.calls.length > 0; await settle()) this.calls.shift()?.();
    await Promise.all(this.readings);
  }

  private worker(index: number) {
    return this.workers[index % WORKERS]!;
  }

  private set(digest: Digest | undefined): void {
    this.truth = digest;
    this.version++;
    this.changes++;
    for (const { events, live } of this.workers) if (live) events.push(this.view());
  }

  private view(): StreamView {
    const items =
      this.truth === undefined
        ? []
        : [{ image: this.truth, created: '', dockerImageReference: 'h/a/b', generation: 1 }];
    const stream: ImageStream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace: 'shop', name: 'app', resourceVersion: String(this.version) },
      spec: { lookupPolicy: { local: false } },
      status: { dockerImageRepository: '', tags: [{ tag: TAG, items }] },
    };
    return viewStream(stream);
  }

  /** The server looks at one moment, and its answer arrives at a later one. */
  private async find(): Promise<ImageStream> {
    this.asked++;
    await new Promise<void>((resolve) => this.calls.push(resolve));
    const { tags, resourceVersion } = this.view();
    await new Promise<void>((resolve) => this.calls.push(resolve));
    const items = [...tags].map(([tag, image]) => ({
      tag,
      items: [{ image, created: '', dockerImageReference: 'h/a/b', generation: 1 }],
    }));
    return {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace: 'shop', name: 'app', resourceVersion },
      spec: { lookupPolicy: { local: false } },
      status: { dockerImageRepository: '', tags: items },
    };
  }

  private async link(digest: Digest): Promise<void> {
    this.changes++;
    await this.tags[this.changes % WORKERS]!.put(NAME, TAG, digest);
    this.last = { kind: 'push', digest };
  }

  private async delete(): Promise<void> {
    if (this.pushing !== undefined) return;
    this.set(undefined);
    const had = await this.tags[0]!.delete(NAME, TAG);
    this.last = had ? { kind: 'delete' } : undefined;
  }

  private async read(index: number): Promise<void> {
    const { streams, events, live } = this.worker(index);
    const reading = {
      worker: index,
      expected: this.expected(live && events.length === 0),
      changesBefore: this.changes,
    };
    const digest = await streams.resolve(NAME, TAG);
    this.check(reading, digest);
  }

  private expected(heardAll: boolean): Reading['expected'] {
    if (this.pushing !== undefined) return undefined;
    if (this.last?.kind === 'push') return { digest: this.last.digest };
    if (this.last?.kind === 'delete') return { digest: undefined };
    return heardAll ? { digest: this.truth } : undefined;
  }

  private check({ expected, changesBefore }: Reading, digest: Digest | undefined): void {
    if (expected && this.changes === changesBefore) expect(digest).toBe(expected.digest);
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

const digest = fc.constantFrom(...DIGESTS);
const worker = fc.nat({ max: WORKERS - 1 });
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ do: fc.constantFrom('push', 'begin push', 'tag'), digest }),
  fc.record({ do: fc.constantFrom('end push', 'untag', 'delete') }),
  { arbitrary: fc.record({ do: fc.constantFrom('hear', 'read'), worker }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constantFrom('answer', 'wait') }), weight: 3 },
  fc.record({ do: fc.constantFrom('break', 'restart'), worker }),
);

it('tells a completed push, never a tag that was deleted, and what the stream says once it is heard', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 40, size: 'max' }), async (ops) => {
      const world = new World();
      for (const each of ops) await world.run(each);
      await world.end();
    }),
    { numRuns: 1500 },
  );
}, 60_000);

/** Pushed, read once, and heard of. */
async function quietWorld(...before: Op[]): Promise<World> {
  const world = new World();
  for (const each of [...before, { do: 'wait' }, { do: 'read', worker: 0 }] as Op[]) await world.run(each);
  await world.end();
  await world.run({ do: 'hear', worker: 0 });
  return world;
}

it.each<[string, Op[]]>([
  ['the link and the stream agree', [{ do: 'push', digest: DIGESTS[0]! }]],
  [
    'the stream has gone beyond the link',
    [
      { do: 'push', digest: DIGESTS[0]! },
      { do: 'tag', digest: DIGESTS[1]! },
    ],
  ],
  ['there is no link', [{ do: 'tag', digest: DIGESTS[1]! }]],
  ['there is no tag', []],
])('asks the API no more once %s', async (_, before) => {
  const world = await quietWorld(...before);
  const { asked } = world;
  await world.run({ do: 'read', worker: 0 });
  await world.end();
  expect(world.asked).toBe(asked);
});
