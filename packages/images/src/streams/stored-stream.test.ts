import type { ImageStream } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedStreams } from './stored-stream.js';

const image = fc.constantFrom('', `sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`);
const event = fc
  .record({
    created: fc.constant('2026-01-01T00:00:00Z'),
    repository: fc.constantFrom('quay.io/a/b', 'r:5000/p/app'),
    image,
    other: fc.boolean(),
    generation: fc.nat(5),
  })
  .map(({ created, repository, image, other, generation }) => ({
    created,
    dockerImageReference: image === '' || other ? `${repository}:tag` : `${repository}@${image}`,
    image,
    generation,
  }));
const tags = fc.array(
  fc.record({ tag: fc.string({ minLength: 1 }), items: fc.option(fc.array(event), { nil: null }) }),
  { minLength: 1 },
);

const specTags = fc.option(
  fc.array(
    fc.record(
      {
        name: fc.string({ minLength: 1 }),
        generation: fc.nat(5),
        annotations: fc.constant({ description: 'x' }),
        from: fc.constant({ kind: 'ImageStreamTag' as const, name: 'v1' }),
        importPolicy: fc.constantFrom({ importMode: 'Legacy' as const }, { scheduled: true }, {}),
        referencePolicy: fc.constantFrom({ type: 'Source' as const }, { type: 'Local' as const }),
      },
      { requiredKeys: ['name', 'importPolicy', 'referencePolicy'] },
    ),
  ),
  { nil: undefined },
);

it('shows what was stored, with the repositories as they are now', () => {
  const hostnames = { internal: 'old:5000' as string | undefined, external: [] as string[] };
  const form = storedStreams(() => ({
    ...(hostnames.internal !== undefined && { internal: hostnames.internal }),
    external: hostnames.external,
  }));
  fc.assert(
    fc.property(tags, specTags, (tags, written) => {
      const stream = {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStream',
        metadata: { name: 'app', namespace: 'proj' },
        spec: { lookupPolicy: { local: false }, ...(written && { tags: written }) },
        status: { dockerImageRepository: 'whatever a client sends', tags },
      } as ImageStream;
      const stored = JSON.parse(JSON.stringify(form.pack(stream))) as ImageStream;
      expect(JSON.stringify(stored)).not.toContain('whatever');
      Object.assign(hostnames, { internal: 'new:5000', external: ['pub.example.com'] });
      expect(form.unpack(stored)).toEqual({
        ...stream,
        status: {
          dockerImageRepository: 'new:5000/proj/app',
          publicDockerImageRepository: 'pub.example.com/proj/app',
          tags,
        },
      });
      hostnames.internal = undefined;
      expect(form.unpack(stored).status).toEqual({ dockerImageRepository: '', tags });
    }),
  );
});

it('packs histories that it has packed before as if they were new', () => {
  const hostnames = () => ({ internal: 'r:5000', external: [] });
  const form = storedStreams(hostnames);
  const streamOf = (tags: unknown[]) =>
    ({ metadata: {}, spec: { lookupPolicy: { local: false } }, status: { tags } }) as unknown as ImageStream;
  const ofBoth = fc
    .tuple(tags, tags)
    .chain(([one, other]) => fc.tuple(fc.constant(one), fc.shuffledSubarray([...one, ...other])));
  fc.assert(
    fc.property(ofBoth, ([before, after]) => {
      form.pack(streamOf(before));
      const packed = form.pack(streamOf(after));
      expect(packed).toEqual(storedStreams(hostnames).pack(streamOf(after)));
      expect(form.json?.(packed).status ?? '{}').toBe(JSON.stringify(packed.status));
    }),
  );
});

describe('images of the registry of the cluster', () => {
  const image = `sha256:${'1'.repeat(64)}`;
  const itemOf = (repository: string) => ({
    created: '2026-01-01T00:00:00Z',
    dockerImageReference: `${repository}@${image}`,
    image,
    generation: 1,
  });
  const streamOf = (...repositories: string[]) =>
    ({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: 'app', namespace: 'proj' },
      spec: { lookupPolicy: { local: false } },
      status: { tags: [{ tag: 'v1', items: repositories.map(itemOf) }] },
    }) as unknown as ImageStream;
  /** As a process that begins with nothing in its memory. */
  const start = (internal: string | undefined) =>
    storedStreams(() => ({ ...(internal !== undefined && { internal }), external: [] }));
  const stored = (form: ReturnType<typeof start>, stream: ImageStream) =>
    JSON.parse(JSON.stringify(form.pack(stream))) as ImageStream;
  const repositories = ({ status }: ImageStream) =>
    status.tags?.flatMap(({ items }) => items?.map((item) => item.dockerImageReference.split('@', 1)[0]));

  it('are pulled from where it is reached now', () => {
    const before = stored(start('old:5000'), streamOf('old:5000/proj/app', 'quay.io/a/b', 'old:50001/proj/app'));
    const shown = start('new:5000').unpack(before);
    expect(repositories(shown)).toEqual(['new:5000/proj/app', 'quay.io/a/b', 'old:50001/proj/app']);
  });

  it('keep the name that it had while it has none, and get its next one', () => {
    const without = start(undefined);
    const shown = without.unpack(stored(start('old:5000'), streamOf('old:5000/proj/app')));
    expect(repositories(shown)).toEqual(['old:5000/proj/app']);
    expect(repositories(start('new:5000').unpack(stored(without, shown)))).toEqual(['new:5000/proj/app']);
  });

  it('are no longer told by a former name once it has another one', () => {
    const form = start('new:5000');
    form.unpack(stored(start('old:5000'), streamOf('old:5000/proj/app')));
    const written = stored(form, streamOf('old:5000/proj/app'));
    expect(repositories(start('third:5000').unpack(written))).toEqual(['old:5000/proj/app']);
  });
});

it('shows what was stored before, when tags and events were not packed', () => {
  const image = `sha256:${'1'.repeat(64)}`;
  const tag = { name: 'v1', importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } };
  const spec = { lookupPolicy: { local: false }, tags: [tag] };
  const event = { created: '2026-01-01T00:00:00Z', image, generation: 1 };
  const stored = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'app', namespace: 'proj' },
    spec,
    status: { repositories: ['r:5000/p/app'], tags: [{ tag: 'v1', items: [{ ...event, dockerImageReference: 0 }] }] },
  };
  const shown = storedStreams(() => ({ external: [] })).unpack(stored);
  expect(shown.spec).toEqual(spec);
  expect(shown.status.tags).toEqual([
    { tag: 'v1', items: [{ ...event, dockerImageReference: `r:5000/p/app@${image}` }] },
  ]);
});
