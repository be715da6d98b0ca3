/** Watches that are cut off anywhere, also among the events of one change, and resumed from what was seen last. */
import type { VirtualRequest, WatchEvent } from '@longshore/apiserver';
import { tooOldResourceVersion, type ImageStream, type ImageTag } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { at, startStreamServer } from '../testing/stream-server.js';
import { imageTagOf } from './stream-tag.js';
import { listTags, watchTags, type TagView } from './stream-tags-watch.js';

const view: TagView<ImageTag> = { shows: () => true, make: (stream, tag) => imageTagOf(stream, tag) };
const NAMES = ['a', 'b'] as const;

/** The tags of a stream and the tag that each follows; undefined: there is no stream. */
type Tags = Record<string, string> | undefined;
interface Write {
  name: (typeof NAMES)[number];
  tags: Tags;
}

function streamOf({ name, tags }: Write, version: number): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'proj', resourceVersion: String(version) },
    spec: {
      lookupPolicy: { local: false },
      tags: Object.entries(tags ?? {}).map(([name, from]) => ({
        name,
        from: { kind: 'ImageStreamTag', name: from },
        importPolicy: {},
        referencePolicy: { type: 'Source' },
      })),
    },
    status: { dockerImageRepository: '' },
  };
}

/** Streams in memory, of which the watch knows what happened behind `forgotten`. */
class History {
  private readonly changes: WatchEvent<ImageStream>[] = [];
  private readonly current = new Map<string, ImageStream>();
  private version = 1;
  forgotten = 0;

  get resourceVersion(): string {
    return String(this.version);
  }

  write(write: Write): void {
    this.version++;
    const old = this.current.get(write.name);
    const stream = streamOf(write, this.version);
    if (write.tags !== undefined) {
      this.current.set(write.name, stream);
      this.changes.push({ type: old ? 'MODIFIED' : 'ADDED', object: stream, old: () => old });
    } else if (old) {
      this.current.delete(write.name);
      const { resourceVersion } = stream.metadata;
      const last = { ...old, metadata: { ...old.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } };
      this.changes.push({ type: 'DELETED', object: last });
    }
  }

  request(resourceVersion: string): VirtualRequest {
    const shared = {
      list: async () => ({ items: [...this.current.values()], resourceVersion: this.resourceVersion }),
      watch: (_resource: string, from: string) => this.watch(from),
    };
    return { objects: { shared }, namespace: 'proj', query: new URLSearchParams({ resourceVersion }) } as never;
  }

  private async *watch(from: string): AsyncGenerator<WatchEvent<ImageStream>> {
    if (Number(from) < this.forgotten) throw tooOldResourceVersion(Number(from), this.forgotten);
    yield bookmark(from);
    for (const change of this.changes) {
      if (Number(change.object.metadata.resourceVersion) > Number(from)) yield change;
    }
    yield bookmark(this.resourceVersion);
  }
}

function bookmark(resourceVersion: string): WatchEvent<ImageStream> {
  return { type: 'BOOKMARK', object: { metadata: { resourceVersion } } as ImageStream };
}

/** What an informer holds: tags by name, and the version that it has seen. */
class Follower {
  readonly tags = new Map<string, ImageTag>();
  readonly heard: string[] = [];
  version = '';

  constructor(private readonly wants: (name: string) => boolean) {}

  /** By tag: what it follows. */
  get sources(): Map<string, string | undefined> {
    return new Map([...this.tags].map(([name, { spec }]) => [name, spec?.from?.name]));
  }

  async list(history: History): Promise<void> {
    const { items, resourceVersion } = await listTags(view, history.request(''));
    for (const tag of items) this.put(tag);
    this.version = resourceVersion;
  }

  /** Takes so many events at most. Resolves with how many there were. */
  async watch(history: History, most = Infinity): Promise<number> {
    let taken = 0;
    if (most === 0) return taken;
    for await (const event of watchTags(view, this.version, history.request(this.version), 1)) {
      const { name = '', resourceVersion = '' } = event.object.metadata;
      if (event.type !== 'BOOKMARK') {
        if (!this.wants(name)) continue;
        this.heard.push(`${event.type} ${name}`);
      }
      expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(this.version));
      this.version = resourceVersion;
      if (event.type === 'DELETED') this.tags.delete(name);
      else if (event.type !== 'BOOKMARK') this.put(event.object);
      if (++taken === most) break;
    }
    return taken;
  }

  private put(tag: ImageTag): void {
    if (this.wants(tag.metadata.name ?? '')) this.tags.set(tag.metadata.name ?? '', tag);
  }
}

const write: fc.Arbitrary<Write> = fc.record({
  name: fc.constantFrom(...NAMES),
  tags: fc.option(fc.dictionary(fc.constantFrom('v1', 'v2', 'v3', 'v4'), fc.constantFrom('x', 'y')), {
    nil: undefined,
    freq: 4,
  }),
});
const wanted = fc.constantFrom(
  () => true,
  (name: string) => name.endsWith('v2'),
  (name: string) => name.startsWith('b:'),
);

/** Somebody who has listed the tags before the last writes. */
async function scene(before: readonly Write[], after: readonly Write[], wants = (_name: string) => true) {
  const history = new History();
  for (const each of before) history.write(each);
  const follower = new Follower(wants);
  await follower.list(history);
  for (const each of after) history.write(each);
  return { history, follower };
}

describe('a watch on tags that is cut off and resumed', () => {
  it('comes to what a list says, wherever it is cut', async () => {
    const writes = fc.array(write, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(writes, writes, wanted, fc.nat(4), async (before, after, wants, secondCut) => {
        for (let cut = 0, isCut = true; isCut; cut++) {
          const { history, follower } = await scene(before, after, wants);
          isCut = (await follower.watch(history, cut)) === cut;
          await follower.watch(history, secondCut);
          await follower.watch(history);
          const fresh = new Follower(wants);
          await fresh.list(history);
          expect(follower.sources).toEqual(fresh.sources);
          expect(follower.version).toBe(fresh.version);
        }
      }),
    );
  });

  const tags = (from: string) => ({ v1: from, v2: from, v3: from });

  it('tells again what may be missing of the change, and no more', async () => {
    const { history, follower } = await scene([], [{ name: 'a', tags: tags('x') }]);
    await follower.watch(history, 2); // the first is the bookmark of where it began
    expect([...follower.tags.keys()]).toEqual(['a:v1']);
    await follower.watch(history);
    expect([...follower.tags.keys()]).toEqual(['a:v1', 'a:v2', 'a:v3']);
    expect(follower.heard).toEqual(['ADDED a:v1', 'ADDED a:v2', 'ADDED a:v3']);
    await follower.watch(history);
    expect(follower.heard.slice(3)).toEqual(['ADDED a:v2', 'ADDED a:v3']);
  });

  it('goes on without the change of its version when just that is forgotten', async () => {
    const { history, follower } = await scene([{ name: 'a', tags: tags('x') }], [{ name: 'a', tags: { v1: 'y' } }]);
    history.forgotten = Number(follower.version);
    await follower.watch(history);
    expect(follower.heard).toEqual(['MODIFIED a:v1', 'DELETED a:v2', 'DELETED a:v3']);
    follower.version = String(history.forgotten - 1);
    await expect(follower.watch(history)).rejects.toMatchObject({ reason: 'Expired' });
  });

  it('is told nothing again that the list at its beginning shows', async () => {
    const { history, follower } = await scene([{ name: 'a', tags: tags('x') }], []);
    const events = watchTags(view, follower.version, history.request(''), 1);
    for await (const { type } of events) expect(type).toBe('BOOKMARK');
  });

  it('misses nothing of a real server', async () => {
    const server = await startStreamServer();
    onTestFinished(() => server.close());
    const names = ['v1', 'v2', 'v3', 'v4'];
    const { body } = await server.send('POST', at('imagestreams'), { metadata: { name: 'app' } });
    const tags = names.map((name) => ({ name, from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } }));
    await server.send('PUT', at('imagestreams', 'app'), { ...body, spec: { tags } });
    const type = { group: 'image.openshift.io', version: 'v1', resource: 'imagetags' };
    const seen: (string | undefined)[] = [];
    let { resourceVersion = '' } = body.metadata;
    for (const most of [2, names.length - 1]) {
      const watch = server.client.watch<ImageTag>(type, { namespace: 'proj', resourceVersion, timeoutSeconds: 20 });
      let left = most;
      for await (const { object } of watch) {
        seen.push(object.metadata.name);
        resourceVersion = object.metadata.resourceVersion ?? '';
        if (--left === 0) break;
      }
    }
    expect(seen).toEqual(['app:v1', 'app:v2', 'app:v2', 'app:v3', 'app:v4']);
  });
});
