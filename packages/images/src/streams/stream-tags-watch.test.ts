import {
  KubeClient,
  type ImageStream,
  type ImageStreamTag,
  type KubeObject,
  type TagEvent,
  type TagReference,
} from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, startStreamServer, type StreamServer } from '../testing/stream-server.js';
import { hasEvents, imageStreamTagOf, imageTagOf } from './stream-tag.js';
import { tagEvents, type TagView } from './stream-tags-watch.js';

const event = (image: string): TagEvent => ({ created: 'c', dockerImageReference: `r@${image}`, image, generation: 1 });
const specTag = (name: string, more: Partial<TagReference> = {}): TagReference => ({
  name,
  importPolicy: {},
  referencePolicy: { type: 'Source' },
  ...more,
});

function stream(version: string, images: Record<string, string>, spec: Partial<ImageStream['spec']> = {}): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'app', namespace: 'proj', resourceVersion: version },
    spec: { lookupPolicy: { local: false }, ...spec },
    status: {
      dockerImageRepository: '',
      tags: Object.entries(images).map(([tag, image]) => ({ tag, items: image === '' ? null : [event(image)] })),
    },
  };
}

const MERGE_PATCH = 'application/merge-patch+json';
const streamTags: TagView<ImageStreamTag> = { shows: hasEvents, make: (stream, tag) => imageStreamTagOf(stream, tag) };

describe('tagEvents', () => {
  const base = stream('1', { a: 'i1', b: 'i2' });
  it.each<[what: string, next: ImageStream | undefined, old: ImageStream | undefined, events: string[]]>([
    ['a new stream', base, undefined, ['ADDED app:a 1', 'ADDED app:b 1']],
    ['a stream that goes', undefined, base, ['DELETED app:a 1', 'DELETED app:b 1']],
    ['a new image', stream('2', { a: 'i1', b: 'i3' }), base, ['MODIFIED app:b 2']],
    ['a new tag', stream('2', { a: 'i1', b: 'i2', c: 'i' }), base, ['ADDED app:c 2']],
    ['a tag that goes', stream('2', { b: 'i2' }), base, ['DELETED app:a 2']],
    ['a tag that loses its images', stream('2', { a: '', b: 'i2' }), base, ['DELETED app:a 2']],
    ['a tag that gets its first image', base, stream('0', { a: '', b: 'i2' }), ['ADDED app:a 1']],
    [
      'a change of the specification',
      stream('2', { a: 'i1', b: 'i2' }, { tags: [specTag('a')] }),
      base,
      ['MODIFIED app:a 2'],
    ],
    [
      'a change of what all tags show',
      stream('2', { a: 'i1', b: 'i2' }, { lookupPolicy: { local: true } }),
      base,
      ['MODIFIED app:a 2', 'MODIFIED app:b 2'],
    ],
    ['a tag without images', stream('2', { a: 'i1', b: 'i2' }, { tags: [specTag('c')] }), base, []],
    ['nothing', { ...base }, base, []],
  ])('tells of %s', (_what, next, old, expected) => {
    const events = [...tagEvents(streamTags, next, old)];
    expect(
      events.map(({ type, object: { metadata } }) => `${type} ${metadata.name} ${metadata.resourceVersion}`),
    ).toEqual(expected);
  });

  it('tells of ImageTags without images', () => {
    const view = { shows: () => true, make: imageTagOf };
    const next = stream('2', { a: 'i1', b: 'i2' }, { tags: [specTag('c')] });
    expect([...tagEvents(view, next, base)]).toMatchObject([{ type: 'ADDED', object: { spec: { name: 'c' } } }]);
  });
});

describe('a watch on tags', () => {
  let test: StreamServer;
  beforeEach(async () => {
    test = await startStreamServer();
    await test.send('POST', at('imagestreams'), { metadata: { name: 'app' } });
  });
  afterEach(() => test.close());

  async function push(tag: string, digit: string): Promise<void> {
    const image = pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
    await test.send('POST', at('imagestreammappings'), { metadata: { name: 'app' }, image, tag });
  }

  it('tells those who select by labels that a tag came into or left their sight', async () => {
    await push('v1', '1');
    const { resourceVersion = '' } = (await test.stream('app')).metadata;
    const label = (team: string | null) =>
      test.send('PATCH', at('imagestreams', 'app'), { metadata: { labels: { team } } }, { type: MERGE_PATCH });
    await label('a');
    await push('v1', '2');
    await label(null);
    const type = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreamtags' };
    const options = { namespace: 'proj', labelSelector: 'team=a', resourceVersion };
    const events: string[] = [];
    for await (const event of test.client.watch<ImageStreamTag>(type, options)) {
      events.push(event.type);
      if (event.type === 'DELETED') break;
    }
    expect(events).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  const type = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreamtags' };

  async function watched(options: Parameters<KubeClient['watch']>[1]) {
    const events: { type: string; object: KubeObject }[] = [];
    for await (const event of test.client.watch(type, { namespace: 'proj', ...options })) events.push(event);
    return events;
  }

  it('shows what left the sight of a selector as it was last seen, at the version at which it left', async () => {
    const label = (team: string | null) =>
      test.send('PATCH', at('imagestreams', 'app'), { metadata: { labels: { team } } }, { type: MERGE_PATCH });
    await push('v1', '1');
    const { body } = await label('a');
    const { body: left } = await label(null);
    const { resourceVersion = '' } = body.metadata;
    const [event] = await watched({ labelSelector: 'team=a', resourceVersion, timeoutSeconds: 1 });
    expect(event).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { team: 'a' }, resourceVersion: left.metadata.resourceVersion } },
    });
  });

  it('ends with a bookmark of the version that it has reached', async () => {
    await push('v1', '1');
    const { resourceVersion = '' } = (await test.stream('app')).metadata;
    const events = await watched({ resourceVersion, timeoutSeconds: 1, allowWatchBookmarks: true });
    expect(events).toMatchObject([
      { type: 'BOOKMARK', object: { kind: 'ImageStreamTag', metadata: { resourceVersion } } },
    ]);
    const { resourceVersion: before = '' } = (await test.stream('app')).metadata;
    await push('v2', '2');
    const { resourceVersion: after = '' } = (await test.stream('app')).metadata;
    const more = await watched({ resourceVersion: before, timeoutSeconds: 1, allowWatchBookmarks: true });
    expect(more.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'app:v2'],
      ['BOOKMARK', undefined],
    ]);
    expect(Number(more[1]?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(after));
  });

  it('tells nothing of the past where the state at the beginning is not wanted', async () => {
    await push('v1', '1');
    const query = 'watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=1';
    const transport = test.api.transport({ username: 'root', groups: [] });
    const answer = await transport.request({
      method: 'GET',
      path: at('imagestreamtags'),
      query: new URLSearchParams(query),
      headers: {},
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    expect([answer.status, Buffer.concat(chunks).toString()]).toEqual([200, '']);
    await transport.close();
  });

  it.each(['imagestreamtags', 'imagetags'])(
    'begins with what is there and goes on with pushes: %s',
    async (resource) => {
      await push('v1', '1');
      const end = new AbortController();
      const client = new KubeClient(test.api.transport({ username: 'root', groups: [] }));
      const type = { group: 'image.openshift.io', version: 'v1', resource };
      const events = client
        .watch<ImageStreamTag>(type, { namespace: 'proj', signal: end.signal })
        [Symbol.asyncIterator]();
      const next = async () => {
        const { value } = (await events.next()) as { value: { type: string; object: ImageStreamTag } };
        return `${value.type} ${value.object.metadata.name}`;
      };
      expect(await next()).toBe('ADDED app:v1');
      await push('v2', '2');
      expect(await next()).toBe('ADDED app:v2');
      await push('v1', '3');
      expect(await next()).toBe('MODIFIED app:v1');
      await test.send('DELETE', at('imagestreamtags', 'app:v2'));
      expect(await next()).toBe('DELETED app:v2');
      await test.send('DELETE', at('imagestreams', 'app'));
      expect(await next()).toBe('DELETED app:v1');
      end.abort();
      await events.return?.(undefined);
    },
  );
});
