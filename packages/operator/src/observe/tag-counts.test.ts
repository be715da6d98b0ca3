import { KubeClient, type Transport } from '@longshore/kube';
import { expect, it } from 'vitest';
import { countTags, type TaggedStream } from './tag-counts.js';

const stream = (namespace: string, pushed: string[], imported: string[] = []): TaggedStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'app', namespace },
  spec: { tags: imported.map((name) => ({ name })) },
  status: { tags: [...pushed, ...imported].map((tag) => ({ tag })) },
});
const bare = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name: 'b', namespace: 'shop' } };

/** An API server that gives one stream a page. */
function pages(streams: TaggedStream[]): Transport {
  async function* bodyOf(value: object) {
    yield Buffer.from(JSON.stringify(value));
  }
  return {
    request: async ({ query }) => {
      const at = Number(query?.get('continue') ?? 0);
      const metadata = { resourceVersion: '1', ...(at + 1 < streams.length && { continue: String(at + 1) }) };
      const list = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStreamList', metadata, items: [streams[at]] };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: bodyOf(list) };
    },
    close: () => Promise.resolve(),
  };
}

it('counts tags of all pages by where they come from and where they are', async () => {
  const streams = [
    stream('openshift', ['a'], ['b', 'c']),
    stream('shop', ['a', 'b']),
    bare,
    stream('openshift-x', ['x']),
  ];
  const counts = await countTags(new KubeClient(pages(streams)), new AbortController().signal);
  expect(counts).toEqual([
    { source: 'imported', location: 'openshift', count: 2 },
    { source: 'imported', location: 'other', count: 0 },
    { source: 'pushed', location: 'openshift', count: 2 },
    { source: 'pushed', location: 'other', count: 2 },
  ]);
});
