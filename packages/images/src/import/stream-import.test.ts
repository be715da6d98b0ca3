import {
  IMAGE_ANNOTATIONS,
  IMAGE_API_VERSION,
  type Image,
  type ImageImportSpec,
  type ImageImportStatus,
  type ImageStream,
  type ImageStreamImport,
  type NamedTagEventList,
  type TagReference,
} from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neededImport } from './import-need.js';
import { SUCCESS } from './import-status.js';
import { applyImport } from './stream-import.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const AT = '2026-03-01T00:00:00Z';
const EARLIER = '2026-02-01T00:00:00Z';
const FROM = 'quay.io/team/app:v1';
const digest = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const referenceTo = (name: string) => `quay.io/team/app@${digest(name)}`;

const image = (name: string): Image => ({
  apiVersion: IMAGE_API_VERSION,
  kind: 'Image',
  metadata: { name: digest(name) },
  dockerImageReference: referenceTo(name),
});

const specTag = (name: string, more: Partial<TagReference> = {}): TagReference => ({
  name,
  generation: 1,
  from: { kind: 'DockerImage', name: FROM },
  importPolicy: { importMode: 'Legacy' },
  referencePolicy: { type: 'Source' },
  ...more,
});

const history = (tag: string, name: string, generation = 1): NamedTagEventList => ({
  tag,
  items: [{ created: EARLIER, dockerImageReference: referenceTo(name), image: digest(name), generation }],
});

function stream(tags: TagReference[] = [], lists: NamedTagEventList[] = [], generation = 1): ImageStream {
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStream',
    metadata: { name: 'app', namespace: 'proj', generation, resourceVersion: '7' },
    spec: { lookupPolicy: { local: false }, ...(tags.length > 0 && { tags }) },
    status: { dockerImageRepository: '', ...(lists.length > 0 && { tags: lists }) },
  };
}

const failure: ImageImportStatus['status'] = { ...SUCCESS, status: 'Failure', reason: 'NotFound', message: 'gone' };
const found = (tag: string, name: string): ImageImportStatus => ({ status: SUCCESS, image: image(name), tag });
const failed = (tag: string): ImageImportStatus => ({ status: failure, tag });

const ask = (tag: string, more: Partial<ImageImportSpec> = {}): ImageImportSpec => ({
  from: { kind: 'DockerImage', name: FROM },
  to: { name: tag },
  ...more,
});

interface Outcome {
  asked?: ImageImportSpec;
  result?: ImageImportStatus;
  repository?: ImageImportStatus[];
}

function run(old: ImageStream | undefined, { asked, result, repository }: Outcome): ImageStream {
  const imported: ImageStreamImport = {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStreamImport',
    metadata: { name: 'app', namespace: 'proj' },
    spec: {
      import: true,
      ...(asked && { images: [asked] }),
      ...(repository && { repository: { from: { kind: 'DockerImage', name: 'quay.io/team/app' } } }),
    },
    status: { ...(result && { images: [result] }), ...(repository && { repository: { images: repository } }) },
  };
  const changed = structuredClone(old ?? stream());
  applyImport(changed, old, imported, { user: { username: 'alice', groups: [] }, now: NOW });
  return changed;
}

const listOf = ({ status }: ImageStream, tag: string) => status.tags?.find((list) => list.tag === tag);
const tagOf = ({ spec }: ImageStream, tag: string) => spec.tags?.find(({ name }) => name === tag);
const images = (stream: ImageStream, tag: string) => listOf(stream, tag)?.items?.map((item) => item.image) ?? [];

describe('a success', () => {
  it('fills a new stream with one generation', () => {
    const result = run(undefined, { asked: ask('v1'), result: found('v1', 'a') });
    expect(tagOf(result, 'v1')).toMatchObject({ generation: 1, from: { kind: 'DockerImage', name: FROM } });
    expect(listOf(result, 'v1')).toEqual({
      tag: 'v1',
      items: [{ created: AT, dockerImageReference: referenceTo('a'), image: digest('a'), generation: 1 }],
    });
    expect(result.metadata.annotations?.[IMAGE_ANNOTATIONS.repositoryCheck]).toBe(AT);
  });

  it('gives a new tag the generation that the stream will have', () => {
    const old = stream([specTag('v1')], [history('v1', 'a')], 4);
    const result = run(old, { asked: ask('v2'), result: found('v2', 'b') });
    expect(tagOf(result, 'v2')?.generation).toBe(5);
    expect(listOf(result, 'v2')?.items?.[0]?.generation).toBe(5);
    expect(tagOf(result, 'v1')).toEqual(specTag('v1'));
  });

  it('puts another image on top, by the generation that the stream has', () => {
    const old = stream([specTag('v1')], [history('v1', 'a')], 4);
    const result = run(old, { asked: ask('v1'), result: found('v1', 'b') });
    expect(images(result, 'v1')).toEqual([digest('b'), digest('a')]);
    expect(listOf(result, 'v1')?.items?.[0]?.generation).toBe(4);
    expect(result.spec).toEqual(old.spec);
  });

  it('says nothing of an image that is there', () => {
    const old = stream([specTag('v1')], [history('v1', 'a')], 4);
    expect(run(old, { asked: ask('v1'), result: found('v1', 'a') }).status).toEqual(old.status);
  });

  it('lifts the generation of an image that a changed tag still leads to', () => {
    const old = stream([specTag('v1', { generation: 3 })], [history('v1', 'a')], 3);
    const result = run(old, { asked: ask('v1'), result: found('v1', 'a') });
    expect(listOf(result, 'v1')?.items).toMatchObject([{ generation: 3, created: EARLIER }]);
  });

  it('takes the failure of before away, and keeps the history', () => {
    const list = {
      ...history('v1', 'a'),
      conditions: [{ type: 'ImportSuccess' as const, status: 'False' as const, generation: 1 }],
    };
    const result = run(stream([specTag('v1')], [list]), { asked: ask('v1'), result: found('v1', 'a') });
    expect(listOf(result, 'v1')).toEqual(history('v1', 'a'));
  });

  it('moves the tags that follow, and tells who did it', () => {
    const prod = specTag('prod', { from: { kind: 'ImageStreamTag', name: 'v1' } });
    const result = run(stream([specTag('v1'), prod], [history('v1', 'a'), history('prod', 'a')]), {
      asked: ask('v1'),
      result: found('v1', 'b'),
    });
    expect(images(result, 'prod')).toEqual([digest('b'), digest('a')]);
    expect(
      JSON.parse(Object.values(result.metadata.annotations ?? {}).find((text) => text.startsWith('[')) ?? ''),
    ).toMatchObject([{ source: 'import', user: 'alice' }, { source: 'import' }]);
  });

  it('makes another source the source of the tag', () => {
    const prod = specTag('v1', { from: { kind: 'ImageStreamTag', name: 'v0' }, annotations: { a: 'b' } });
    const result = run(stream([prod], [history('v1', 'a')]), { asked: ask('v1'), result: found('v1', 'b') });
    expect(tagOf(result, 'v1')).toMatchObject({
      from: { kind: 'DockerImage', name: FROM },
      annotations: { a: 'b' },
      generation: 2,
    });
  });

  it.each<[string, Partial<ImageImportSpec>, object]>([
    ['a policy that was asked for', { importPolicy: { scheduled: true } }, { importPolicy: { scheduled: true } }],
    [
      'a reference policy that was asked for',
      { referencePolicy: { type: 'Local' } },
      { referencePolicy: { type: 'Local' } },
    ],
    ['what nobody spoke of', {}, { importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } }],
  ])('leaves a tag with %s', (_what, more, expected) => {
    const result = run(stream([specTag('v1')], [history('v1', 'a')]), {
      asked: ask('v1', more),
      result: found('v1', 'a'),
    });
    expect(tagOf(result, 'v1')).toMatchObject(expected);
  });
});

describe('a failure', () => {
  const condition = {
    type: 'ImportSuccess' as const,
    status: 'False' as const,
    lastTransitionTime: EARLIER,
    reason: 'NotFound',
    message: 'gone',
    generation: 2,
  };

  it('is a condition, with the tag in the specification, so that nobody imports it again', () => {
    const result = run(undefined, { asked: ask('v1'), result: failed('v1') });
    expect(tagOf(result, 'v1')).toMatchObject({ from: { name: FROM }, generation: 1 });
    expect(listOf(result, 'v1')).toEqual({
      tag: 'v1',
      items: [],
      conditions: [{ ...condition, lastTransitionTime: AT, generation: 1 }],
    });
    expect(neededImport(result)).toBeUndefined();
  });

  it('keeps history and specification', () => {
    const old = stream([specTag('v1', { from: { kind: 'ImageStreamTag', name: 'v0' } })], [history('v1', 'a')]);
    const result = run(old, { asked: ask('v1'), result: failed('v1') });
    expect(result.spec).toEqual(old.spec);
    expect(images(result, 'v1')).toEqual([digest('a')]);
    expect(listOf(result, 'v1')?.conditions).toHaveLength(1);
  });

  it('is not written twice', () => {
    const old = stream([specTag('v1', { generation: 2 })], [{ ...history('v1', 'a'), conditions: [condition] }], 5);
    expect(run(old, { asked: ask('v1'), result: failed('v1') }).status).toEqual(old.status);
  });

  it.each<[string, number, Partial<typeof condition>, Partial<typeof condition>]>([
    ['the tag has changed since', 5, {}, { generation: 5 }],
    ['it has other words', 1, { message: 'other' }, { message: 'gone', generation: 5 }],
    ['it has another reason', 1, { reason: 'Forbidden' }, { reason: 'NotFound', generation: 5 }],
  ])('is written again when %s, as the same failing', (_what, generation, before, after) => {
    const lists = [{ ...history('v1', 'a'), conditions: [{ ...condition, ...before }] }];
    const result = run(stream([specTag('v1', { generation })], lists, 5), { asked: ask('v1'), result: failed('v1') });
    expect(listOf(result, 'v1')?.conditions).toEqual([{ ...condition, ...after }]);
    expect(neededImport(result)).toBeUndefined();
  });
});

describe('a repository', () => {
  it('fills new tags and its own, and no others', () => {
    const old = stream(
      [
        specTag('v1', { importPolicy: { scheduled: true } }),
        specTag('v2', { from: { kind: 'ImageStreamTag', name: 'v1' } }),
        specTag('v3', { from: { kind: 'DockerImage', name: 'quay.io/other:v3' } }),
      ],
      [history('v1', 'a'), history('v2', 'a')],
    );
    const repository = [found('v1', 'b'), found('v2', 'c'), found('v3', 'd'), found('v4', 'e'), failed('v5')];
    const result = run(old, { repository });
    expect(tagOf(result, 'v1')).toMatchObject({ importPolicy: { scheduled: true }, generation: 1 });
    // It follows v1.
    expect(images(result, 'v2')).toEqual([digest('b'), digest('a')]);
    expect(images(result, 'v3')).toEqual([]);
    expect(tagOf(result, 'v4')).toMatchObject({ from: { name: 'quay.io/team/app:v4' }, generation: 2 });
    expect(listOf(result, 'v5')?.conditions).toMatchObject([{ reason: 'NotFound', generation: 2 }]);
  });

  it('gives way to an image of the same import', () => {
    const result = run(undefined, { asked: ask('v1'), result: found('v1', 'a'), repository: [found('v1', 'b')] });
    expect(images(result, 'v1')).toEqual([digest('a')]);
  });
});

describe('any imports one after the other', () => {
  const TAGS = ['v1', 'v2', 'v3'];
  const step = fc.record({
    tag: fc.constantFrom(...TAGS),
    result: fc.constantFrom('a', 'b', 'c', undefined),
    from: fc.constantFrom(FROM, 'quay.io/other/app:v1'),
  });
  const apply = (
    old: ImageStream,
    { tag, result, from }: { tag: string; result: string | undefined; from: string },
  ) => {
    const asked = ask(tag, { from: { kind: 'DockerImage', name: from } });
    const changed = run(old, { asked, result: result === undefined ? failed(tag) : found(tag, result) });
    // As the API server does when the specification has changed.
    if (JSON.stringify(changed.spec) !== JSON.stringify(old.spec))
      changed.metadata.generation = (old.metadata.generation ?? 0) + 1;
    return changed;
  };

  it('leave histories that say what came last, and nothing to import', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let current = stream([specTag('prod', { from: { kind: 'ImageStreamTag', name: 'v1' } })]);
        const last = new Map<string, string>();
        for (const one of steps) {
          const before = current;
          current = apply(before, one);
          const { tag, result } = one;
          if (result !== undefined) last.set(tag, digest(result));
          else expect(images(current, tag)).toEqual(images(before, tag));
          expect(listOf(current, tag)?.conditions !== undefined).toBe(result === undefined);
          for (const name of TAGS) expect(images(current, name)[0]).toBe(last.get(name));
          expect(images(current, 'prod')[0]).toBe(last.get('v1'));
          for (const { generation } of current.spec.tags ?? []) {
            expect(generation ?? Infinity).toBeLessThanOrEqual(current.metadata.generation ?? 0);
          }
          expect(neededImport(current)).toBeUndefined();
          expect(apply(current, one).status).toEqual(current.status);
        }
      }),
    );
  });
});
