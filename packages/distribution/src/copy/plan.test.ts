import { digestOf, MediaType } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobsOf } from './image-tree.js';
import type { ImageTree } from './image-tree.js';
import type { Blob, ImageSource, ImageTarget } from './place.js';
import { planCopy, SMALLEST_MOUNT } from './plan.js';
import { presenceKey, sourceKey } from './presence.js';
import type { SurveyedImage } from './survey.js';

const blob = (name: string, size = 100_000): Blob => ({ digest: digestOf(Buffer.from(name)), size });

function tree(name: string, blobs: Blob[], children: ImageTree[] = []): ImageTree {
  const bytes = Buffer.from(name);
  return { manifest: { bytes, digest: digestOf(bytes), mediaType: MediaType.ociManifest }, blobs, children };
}

const source = (name: string, store = 'src', mountName?: string) =>
  ({ name: `${store}/${name}`, store, mountName }) as ImageSource;
const target = (repository: string, store = 'dst', canLink = true) =>
  ({
    name: `${store}/${repository}`,
    store,
    storeLabel: `${store}/`,
    repository,
    canLink,
    isLocal: false,
  }) as ImageTarget;

function wanted(from: ImageSource, image: ImageTree, ...targets: [ImageTarget, string?][]): SurveyedImage {
  return {
    source: from,
    reference: 'v1',
    state: 'wanted',
    tree: image,
    targets: targets.map(([to, tag]) => ({ target: to, tag })),
  };
}

function plan(
  images: SurveyedImage[],
  present: string[] = [],
  elsewhere: [string, string][] = [],
  lacking: string[] = [],
) {
  return planCopy({ images, present: new Set(present), elsewhere: new Map(elsewhere), lacking: new Set(lacking) });
}

/** What becomes of each blob: `a: upload r1; link r2 from r1`. */
function summary({ blobs }: ReturnType<typeof planCopy>, names: Record<string, Blob>): string[] {
  return blobs.map(({ blob: { digest }, uploads, links }) => {
    const name = Object.keys(names).find((key) => names[key]?.digest === digest);
    const parts = [
      ...uploads.map(({ repository }) => `upload ${repository}`),
      ...links.map((link) => `link ${link.target.repository} from ${link.from}`),
    ];
    return `${name}: ${parts.join('; ')}`;
  });
}

const [base, own, tiny] = [blob('base'), blob('own', 90_000), blob('tiny', SMALLEST_MOUNT - 1)];
const names = { base, own, tiny };

describe('a blob of several repositories of a registry', () => {
  const app = source('app');
  it('is uploaded to one and mounted in the others, in a later phase; a tiny one goes to all', () => {
    const image = tree('image', [base, tiny]);
    const found = plan([wanted(app, image, [target('r1'), 'a'], [target('r2'), 'b'])]);
    expect(summary(found, names)).toEqual(['base: upload r1; link r2 from r1', 'tiny: upload r1; upload r2']);
    expect(found.repositories.map(({ phase, blobs, mounts, shared }) => [phase, blobs, mounts, shared])).toEqual([
      [0, 2, 0, 1],
      [1, 2, 1, 1],
    ]);
    expect([found.readBytes, found.writeBytes]).toEqual([base.size + tiny.size, base.size + 2 * tiny.size]);
  });

  it('is mounted from where it is already: a target, a source, a repository of an earlier run', () => {
    const image = tree('image', [base]);
    const [r1, r2] = [target('r1'), target('r2')];
    expect(summary(plan([wanted(app, image, [r1, 'a'], [r2, 'b'])], [presenceKey(r1, base)]), names)).toEqual([
      'base: link r2 from r1',
    ]);
    expect(summary(plan([wanted(source('app', 'dst', 'app'), image, [r1, 'a'])]), names)).toEqual([
      'base: link r1 from app',
    ]);
    expect(summary(plan([wanted(app, image, [r1, 'a'])], [], [[presenceKey(r1, base), 'old']]), names)).toEqual([
      'base: link r1 from old',
    ]);
  });

  it('that its source lacks is mounted however small it is, and read from those that have it', () => {
    const image = tree('image', [tiny]);
    const [r1, r2] = [target('r1'), target('r2')];
    const lacking = [sourceKey(app, tiny)];
    const alone = plan([wanted(app, image, [r1, 'a'])], [], [[presenceKey(r1, tiny), 'old']], lacking);
    expect(summary(alone, names)).toEqual(['tiny: link r1 from old']);
    expect(alone.blobs[0]?.sources).toEqual([]);
    const other = source('other');
    const images = [wanted(app, image, [r1, 'a']), wanted(other, image, [r2, 'a'])];
    const found = plan(images, [], [[presenceKey(r1, tiny), 'old']], lacking);
    expect(summary(found, names)).toEqual(['tiny: upload r2; link r1 from old']);
    expect(found.blobs[0]?.sources).toEqual([other]);
  });

  it('goes to all where nothing can be mounted', () => {
    const image = tree('image', [base]);
    const found = plan([wanted(app, image, [target('r1', 'dst', false), 'a'], [target('r2', 'dst', false), 'b'])]);
    expect(summary(found, names)).toEqual(['base: upload r1; upload r2']);
    expect(found.repositories.map(({ phase }) => phase)).toEqual([0, 0]);
  });
});

it('reads a blob once for several stores, whatever source it comes from', () => {
  const found = plan([
    wanted(source('a'), tree('one', [base, own]), [target('r', 'x'), '1']),
    wanted(source('b'), tree('two', [base]), [target('r', 'y'), '2']),
  ]);
  expect(found.blobs.map(({ uploads, sources }) => [uploads.length, sources.length])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect(found.stats.get('x')).toEqual({ shared: 0, unique: 2, bytes: 190_000, sharedBytes: 0 });
});

it('counts as shared what two source repositories have', () => {
  const to = target('r');
  const found = plan([
    wanted(source('a'), tree('one', [base, own]), [to, '1']),
    wanted(source('b'), tree('two', [base]), [to, '2']),
  ]);
  expect(found.stats.get('dst')).toEqual({ shared: 1, unique: 1, bytes: 190_000, sharedBytes: 100_000 });
  expect(found.repositories[0]?.wanted.map(({ source: { name }, blobs }) => [name, blobs.length])).toEqual([
    ['src/a', 2],
    ['src/b', 1],
  ]);
});

it('keeps who lies about the size of a blob apart', () => {
  const lie = { ...base, size: 7 };
  const found = plan([
    wanted(source('a'), tree('one', [base]), [target('r'), '1']),
    wanted(source('b'), tree('two', [lie]), [target('r'), '2']),
  ]);
  expect(found.blobs.map(({ blob: { size } }) => size)).toEqual([100_000, 7]);
});

it('writes children before lists, each manifest once with all its tags', () => {
  const child = tree('child', [base]);
  const list = tree('list', [], [child]);
  const to = target('r');
  const found = plan([
    wanted(source('a'), list, [to, '1']),
    wanted(source('a'), child, [to, '2']),
    wanted(source('b'), list, [to, '3']),
  ]);
  expect(found.repositories[0]?.manifests.map(({ tree: one, tags, isChild }) => [one, tags, isChild])).toEqual([
    [child, ['2'], false],
    [list, ['1', '3'], false],
  ]);
});

it('copies exactly what is not there, once a store, for any images', () => {
  const pool = Array.from({ length: 8 }, (_, index) => blob(`blob ${index}`, 20_000 * index + 1));
  const image = fc.record({
    blobs: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 5 }),
    from: fc.integer({ min: 0, max: 2 }),
    to: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
  });
  const targets = Array.from({ length: 6 }, (_, index) => target(`r${index % 3}`, `dst${index < 3 ? 0 : 1}`));
  const places = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 7 })));
  fc.assert(
    fc.property(fc.array(image, { maxLength: 12 }), places, (drawn, there) => {
      const sources = [0, 1, 2].map((index) => source(`s${index}`));
      const images = drawn.map(({ blobs, from, to }, index) =>
        wanted(
          sources[from] as ImageSource,
          tree(
            `${index}`,
            blobs.map((at) => pool[at] as Blob),
          ),
          ...to.map((at): [ImageTarget, string] => [targets[at] as ImageTarget, `t${index}`]),
        ),
      );
      const present = new Set(there.map(([at, which]) => presenceKey(targets[at] as ImageTarget, pool[which] as Blob)));
      const found = plan(images, [...present]);
      const needed = new Set(
        images.flatMap((one) =>
          one.state === 'wanted'
            ? one.targets.flatMap(({ target: to }) => blobsOf(one.tree).map((some) => presenceKey(to, some)))
            : [],
        ),
      );
      const missing = [...needed].filter((key) => !present.has(key)).sort();
      const written = found.blobs.flatMap(({ blob: some, uploads, links }) =>
        [...uploads, ...links.map((link) => link.target)].map((to) => presenceKey(to, some)),
      );
      expect(written.sort()).toEqual(missing);
      for (const { blob: some, uploads } of found.blobs) {
        const stores = uploads.map(({ store }) => store);
        if (some.size >= SMALLEST_MOUNT) expect(new Set(stores).size).toBe(stores.length);
      }
    }),
  );
});
