/** Random writes through the API: what registry.md 3.4 to 3.6 promises holds after each. */
import type { Image, ImageStream, TagEvent, TagReference } from '@longshore/kube';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Importer } from '../import/importer.js';
import { importFailure, SUCCESS } from '../import/import-status.js';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, startStreamServer, type StreamServer } from '../testing/stream-server.js';
import { tagsByName } from './spec-generations.js';
import { trackedTag } from './tag-names.js';

let test: StreamServer;
beforeAll(async () => {
  test = await startStreamServer(importer);
});
afterAll(() => test.close());

const imageOf = (digit: string): Image =>
  pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
const UPSTREAM = 'quay.io/a/b';
const importedAs = (digit: string): string => `${UPSTREAM}@${imageOf(digit).metadata.name}`;

/** The tag of a pull spec says which image it has; without a digit there is none. */
const importer: Importer = {
  import: ({ spec }) => {
    const images = (spec.images ?? []).map(({ from, to }) => {
      const digit = /:([123])$/.exec(from.name)?.[1];
      const tag = to?.name ?? '';
      if (digit === undefined) return { status: importFailure(new Error('there is none'), from.name, 'quay.io'), tag };
      return { status: SUCCESS, tag, image: { ...imageOf(digit), dockerImageReference: importedAs(digit) } };
    });
    return Promise.resolve({ images, warnings: [] });
  },
  digests: () => Promise.reject(new Error('nothing is scheduled here')),
};

const TAGS = ['a', 'b', 'c'];
const tag = fc.constantFrom(...TAGS);
const digit = fc.constantFrom('1', '2', '3');
const source = fc.oneof(
  { weight: 3, arbitrary: tag.map((name) => ({ from: { kind: 'ImageStreamTag', name } })) },
  fc.constant({ from: { kind: 'DockerImage', name: `${UPSTREAM}:1` } }),
  fc.constant({ from: { kind: 'DockerImage', name: `${UPSTREAM}:1` }, reference: true }),
  fc.constant({}),
);
const generation = fc.constantFrom(undefined, 0, 7);
const write = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), tag, digit }) },
  fc.record({ do: fc.constant('import' as const), tag, digit: fc.oneof(digit, fc.constant('none')) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('set' as const), tag, source, generation }) },
  // As `oc edit` does: what is there comes back, with a generation that somebody has changed.
  fc.record({ do: fc.constant('again' as const), generation: fc.constantFrom(7, 1000) }),
  fc.record({ do: fc.constant('status' as const), tag }),
  fc.record({ do: fc.constant('delete' as const), tag }),
);
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;

async function apply(name: string, action: Write, before: ImageStream): Promise<void> {
  const path = at('imagestreams', name);
  const put = async (changed: object, where = path) =>
    expect((await test.send('PUT', where, changed)).status).toBe(200);
  if (action.do === 'push') {
    const mapping = {
      metadata: { name },
      image: { ...imageOf(action.digit), dockerImageReference: '' },
      tag: action.tag,
    };
    expect((await test.send('POST', at('imagestreammappings'), mapping)).status).toBe(201);
  } else if (action.do === 'import') {
    const from = { kind: 'DockerImage', name: `${UPSTREAM}:${action.digit}` };
    const spec = { import: true, images: [{ from, to: { name: action.tag } }] };
    expect((await test.send('POST', at('imagestreamimports'), { metadata: { name }, spec })).status).toBe(201);
  } else if (action.do === 'set') {
    const { tag: name, source, generation } = action;
    const tags = (before.spec.tags ?? []).filter((other) => other.name !== name);
    await put({ ...before, spec: { ...before.spec, tags: [...tags, { name, ...source, generation }] } });
  } else if (action.do === 'again') {
    const tags = before.spec.tags?.map((tag) => ({ ...tag, generation: action.generation }));
    await put({ ...before, spec: { ...before.spec, tags } });
  } else if (action.do === 'status') {
    const tags = before.status.tags?.filter(({ tag }) => tag !== action.tag) ?? [];
    await put({ ...before, spec: { tags: [] }, status: { tags } }, `${path}/status`);
  } else {
    const known = [...tagsByName(before).keys(), ...(before.status.tags ?? []).map(({ tag }) => tag)];
    const { status } = await test.send('DELETE', at('imagestreamtags', `${name}:${action.tag}`));
    expect(status).toBe(known.includes(action.tag) ? 200 : 404);
  }
}

const listOf = ({ status }: ImageStream, tag: string) => status.tags?.find((list) => list.tag === tag);
const newest = (stream: ImageStream, tag: string) => listOf(stream, tag)?.items?.[0];
const shown = (stream: ImageStream, tag: string) => {
  const { image, dockerImageReference } = newest(stream, tag) ?? {};
  return { image, dockerImageReference };
};

function check(after: ImageStream, before: ImageStream, action: Write): void {
  checkHistories(after, before);
  const { generation = 0 } = after.metadata;
  for (const tag of after.spec.tags ?? []) expect(tag.generation).toBeLessThanOrEqual(generation);
  if (action.do === 'status' || action.do === 'again' || action.do === 'push') {
    expect([after.spec, generation]).toEqual([before.spec, before.metadata.generation]);
  }
  if (action.do === 'again') expect(after.status).toEqual(before.status);
  if (action.do === 'push' || (action.do === 'import' && action.digit !== 'none')) {
    expect(newest(after, action.tag)?.image).toBe(imageOf(action.digit).metadata.name);
    for (const tag of isSame(newest(after, action.tag), newest(before, action.tag)) ? [] : (after.spec.tags ?? [])) {
      const target = trackedTag(tag, after.metadata);
      if (target === action.tag) expect(shown(after, tag.name)).toEqual(shown(after, target));
    }
  }
  if (action.do === 'import') checkImport(after, before, action.tag, action.digit);
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

/** The table of registry.md 3.4, by what each history was. */
function checkHistories(after: ImageStream, before: ImageStream): void {
  for (const { tag, items, conditions } of after.status.tags ?? []) {
    for (const [index, event] of (items ?? []).entries()) {
      expect(event.generation).toBeLessThanOrEqual(after.metadata.generation ?? 0);
      const older = items?.[index + 1];
      expect([older?.image, older?.dockerImageReference]).not.toEqual([event.image, event.dockerImageReference]);
    }
    const [now, then] = [items?.[0], newest(before, tag)];
    if (now === undefined || then === undefined || isSame(now, then)) continue;
    expect(conditions).toBeUndefined();
    const isCollapsed = now.image === then.image || now.dockerImageReference === then.dockerImageReference;
    if (isCollapsed) expect(now.created).toBe(then.created);
    else expect(items?.slice(1)).toEqual(listOf(before, tag)?.items);
  }
}

function isSame(left: TagEvent | undefined, right: TagEvent | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** registry.md 3.9: a success is the newest event, a failure a condition that leaves the history as it is. */
function checkImport(after: ImageStream, before: ImageStream, tag: string, digit: string): void {
  const known = tagsByName(before).get(tag);
  if (digit !== 'none') {
    expect(newest(after, tag)?.dockerImageReference).toBe(importedAs(digit));
    expect(listOf(after, tag)?.conditions).toBeUndefined();
    expect(tagsByName(after).get(tag)?.from).toEqual({ kind: 'DockerImage', name: `${UPSTREAM}:${digit}` });
    return;
  }
  expect(listOf(after, tag)?.items ?? []).toEqual(listOf(before, tag)?.items ?? []);
  expect(listOf(after, tag)?.conditions).toMatchObject([{ type: 'ImportSuccess', status: 'False' }]);
  if (known !== undefined) expect(tagsByName(after).get(tag)?.from).toEqual(known.from);
}

it('keeps its promises under random writes', async () => {
  let count = 0;
  const property = fc.asyncProperty(fc.array(write, { minLength: 5, maxLength: 15 }), async (writes) => {
    const name = `app${count++}`;
    await test.send('POST', at('imagestreams'), { metadata: { name } });
    for (const action of writes) {
      test.settings.now = new Date(test.settings.now.getTime() + 1000);
      const before = await test.stream(name);
      await apply(name, action, before);
      check(await test.stream(name), before, action);
    }
  });
  await fc.assert(property, { numRuns: 30 });
}, 120_000);

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
