/** Random writes through the API: what registry.md 3.4 to 3.6 promise holds after each. */
import type { ImageStream, TagReference } from '@longshore/kube';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, startStreamServer, type StreamServer } from '../testing/stream-server.js';
import { tagsByName } from './spec-generations.js';
import { trackedTag } from './tag-names.js';

let test: StreamServer;
beforeAll(async () => {
  test = await startStreamServer();
});
afterAll(() => test.close());

const TAGS = ['a', 'b', 'c'];
const tag = fc.constantFrom(...TAGS);
const source = fc.oneof(
  tag.map((name) => ({ from: { kind: 'ImageStreamTag', name } })),
  fc.constant({ from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } }),
  fc.constant({ from: { kind: 'DockerImage', name: 'quay.io/a/b:1' }, reference: true }),
  fc.constant({}),
);
const generation = fc.constantFrom(undefined, 0, 7);
const write = fc.oneof(
  fc.record({ do: fc.constant('push' as const), tag, digit: fc.constantFrom('1', '2', '3') }),
  fc.record({ do: fc.constant('set' as const), tag, source, generation }),
  fc.record({ do: fc.constant('status' as const), tag }),
  fc.record({ do: fc.constant('delete' as const), tag }),
);
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;

async function apply(name: string, action: Write, before: ImageStream): Promise<void> {
  const path = at('imagestreams', name);
  if (action.do === 'push') {
    const image = pushedImage(manifestText({ layers: [[action.digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
    const mapping = { metadata: { name }, image: { ...image, dockerImageReference: '' }, tag: action.tag };
    expect((await test.send('POST', at('imagestreammappings'), mapping)).status).toBe(201);
  } else if (action.do === 'set') {
    const { tag: name, source, generation } = action;
    const tags = (before.spec.tags ?? []).filter((other) => other.name !== name);
    const changed = { ...before, spec: { ...before.spec, tags: [...tags, { name, ...source, generation }] } };
    expect((await test.send('PUT', path, changed)).status).toBe(200);
  } else if (action.do === 'status') {
    const tags = before.status.tags?.filter(({ tag }) => tag !== action.tag) ?? [];
    const spec = { tags: [] };
    expect((await test.send('PUT', `${path}/status`, { ...before, spec, status: { tags } })).status).toBe(200);
  } else {
    const known = [...tagsByName(before).keys(), ...(before.status.tags ?? []).map(({ tag }) => tag)];
    const { status } = await test.send('DELETE', at('imagestreamtags', `${name}:${action.tag}`));
    expect(status).toBe(known.includes(action.tag) ? 200 : 404);
  }
}

const newest = ({ status }: ImageStream, tag: string) => status.tags?.find((list) => list.tag === tag)?.items?.[0];
const shown = (stream: ImageStream, tag: string) => {
  const { image, dockerImageReference } = newest(stream, tag) ?? {};
  return { image, dockerImageReference };
};

function check(after: ImageStream, before: ImageStream, action: Write): void {
  const { generation = 0 } = after.metadata;
  for (const tag of after.spec.tags ?? []) expect(tag.generation).toBeLessThanOrEqual(generation);
  for (const { items } of after.status.tags ?? []) {
    for (const [index, event] of (items ?? []).entries()) {
      expect(event.generation).toBeLessThanOrEqual(generation);
      const older = items?.[index + 1];
      expect([older?.image, older?.dockerImageReference]).not.toEqual([event.image, event.dockerImageReference]);
    }
  }
  if (action.do === 'status') expect([after.spec, generation]).toEqual([before.spec, before.metadata.generation]);
  if (action.do === 'push') {
    expect([after.spec, generation]).toEqual([before.spec, before.metadata.generation]);
    for (const tag of after.spec.tags ?? []) {
      const target = trackedTag(tag, after.metadata);
      if (target === action.tag) expect(shown(after, tag.name)).toEqual(shown(after, target));
    }
  }
  if (action.do === 'delete') {
    expect(tagsByName(after).has(action.tag)).toBe(false);
    expect(newest(after, action.tag)).toBeUndefined();
  }
  if (action.do === 'set') {
    const [old, tag] = [tagsByName(before).get(action.tag), tagsByName(after).get(action.tag) as TagReference];
    const isChanged = old === undefined || action.generation === 0 || old.reference !== tag.reference;
    if (isChanged) expect(tag.generation).toBe(generation);
    else expect([old.generation, generation]).toContain(tag.generation);
    const target = trackedTag(tag, after.metadata);
    const isNew = tag.generation === generation && generation > (before.metadata.generation ?? 0);
    if (isNew && target !== undefined && target !== tag.name && newest(before, target) !== undefined) {
      expect(shown(after, tag.name)).toEqual(shown(after, target));
    }
  }
}

it('keeps its promises under random writes', async () => {
  let count = 0;
  const property = fc.asyncProperty(fc.array(write, { maxLength: 15 }), async (writes) => {
    const name = `app${count++}`;
    await test.send('POST', at('imagestreams'), { metadata: { name } });
    for (const action of writes) {
      const before = await test.stream(name);
      await apply(name, action, before);
      check(await test.stream(name), before, action);
    }
  });
  await fc.assert(property, { numRuns: 40 });
}, 60_000);

it('holds 5,000 tags, within what etcd takes, and the newest of each', async () => {
  const digest = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;
  const tags = Array.from({ length: 5000 }, (_, n) => ({
    tag: `v1.${String(n).padStart(4, '0')}`,
    items: [
      {
        created: '2026-01-01T00:00:00Z',
        dockerImageReference: `image-registry.openshift-image-registry.svc:5000/proj/big@${digest(n)}`,
        image: digest(n),
        generation: 1,
      },
    ],
  }));
  await test.api.objects.createWithStatus('imagestreams.image.openshift.io', {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'big', namespace: 'many' },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: '', tags },
  });
  const image = pushedImage(manifestText());
  const mapping = { metadata: { name: 'big' }, image, tag: 'v1.4999' };
  expect((await test.send('POST', at('imagestreammappings', '', 'many'), mapping)).status).toBe(201);
  const { body } = await test.send('GET', at('imagestreamtags', '', 'many'));
  expect(body.items).toHaveLength(5000);
  expect(body.items[4999]).toMatchObject({ image: { metadata: { name: image.metadata.name } } });
  expect((await test.send('GET', at('imagestreamtags', 'big:v1.0007', 'many'))).body).toMatchObject({
    image: { metadata: { name: digest(7) } },
  });
  const entry = await test.store.get('/image.openshift.io/imagestreams/many/big');
  expect(entry?.value.length).toBeLessThan(1.5 * 2 ** 20);
});
