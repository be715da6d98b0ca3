import { IMAGE_API_VERSION, type ImageStream, type NamedTagEventList, type TagReference } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, INTERNAL, startStreamServer, type StreamServer } from '../testing/stream-server.js';
import { STREAMS } from './stream-names.js';

/** Streams of 5,000 tags, whose values are near to what a store takes (1.5 MiB). */

const COUNT = 5000;

let test: StreamServer;
beforeEach(async () => {
  test = await startStreamServer();
});
afterEach(() => test.close());

const tagNames = (count: number) => Array.from({ length: count }, (_, index) => `v4.${index}.0-release`);
const push = (tag: string, size = 1000) => {
  const image = pushedImage(manifestText({ layers: [['1', size]] }), { dockerImageConfig: CONFIG_TEXT });
  return test.send('POST', at('imagestreammappings'), { metadata: { name: 'app' }, image, tag });
};
const create = (tags: Partial<TagReference>[]) =>
  test.send('POST', at('imagestreams'), {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStream',
    metadata: { name: 'app' },
    spec: { tags },
  });
const tracking = (target: string) =>
  tagNames(COUNT).map((name) => ({ name, from: { kind: 'ImageStreamTag' as const, name: target } }));

/** As after a push of an image of its own to each. */
async function fill(tags: readonly string[]): Promise<void> {
  const histories = tags.toSorted().map((tag): NamedTagEventList => {
    const image = digestOf(Buffer.from(tag));
    const dockerImageReference = `${INTERNAL}/proj/app@${image}`;
    return { tag, items: [{ created: '2026-01-01T00:00:00Z', dockerImageReference, image, generation: 1 }] };
  });
  await test.api.objects.change<ImageStream>(STREAMS, 'proj', 'app', 'all', (stream) => {
    stream.status.tags = histories;
    return stream;
  });
}

it('5,000 tags that track one move with it', async () => {
  expect((await create(tracking('latest'))).status).toBe(201);
  const images: string[] = [];
  for (const size of [1, 2]) {
    expect((await push('latest', size)).status).toBe(201);
    const { tags = [] } = (await test.stream('app')).status;
    const newest = new Set(tags.map(({ items }) => items?.[0]?.image));
    expect([tags.length, newest.size]).toEqual([COUNT + 1, 1]);
    images.push([...newest].join());
  }
  expect(new Set(images).size).toBe(2);
});

it('5,000 tags of the specification have an image each', async () => {
  await create(tracking('other:latest').map((tag) => ({ ...tag, from: { ...tag.from, name: tag.name } })));
  await fill(tagNames(COUNT));
  expect((await push('latest')).status).toBe(201);
  const { spec, status } = await test.stream('app');
  expect([spec.tags?.length, status.tags?.length]).toEqual([COUNT, COUNT + 1]);
  expect(spec.tags?.[7]).toMatchObject({ importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } });
});

it('the last 25 of 5,000 tags are pushed as the first ones were', async () => {
  const names = tagNames(COUNT);
  await create([]);
  await fill(names.slice(25));
  const answers: number[] = [];
  for (const [index, name] of names.slice(0, 25).entries()) answers.push((await push(name, 1 + index)).status);
  expect(new Set(answers)).toEqual(new Set([201]));
  const { tags = [] } = (await test.stream('app')).status;
  expect(tags.map(({ tag }) => tag)).toEqual(names.toSorted());
});

it('a stream that is too large is refused, with its size and the limit', async () => {
  const tags = Array.from({ length: COUNT }, (_, index) => ({
    name: `${index}-${'long'.repeat(30)}`,
    reference: true,
    from: { kind: 'DockerImage' as const, name: `quay.io/${'org'.repeat(30)}/app:${index}` },
  }));
  const { status, body } = await create(tags);
  expect([status, body['reason']]).toEqual([413, 'RequestEntityTooLarge']);
  expect(body.message).toMatch(/imagestreams\/proj\/app.*\d+ bytes; the limit is \d+/);
});
