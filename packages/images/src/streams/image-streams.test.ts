import type { ImageStream, TagReference } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, EXTERNAL, INTERNAL, startStreamServer, type Answer, type StreamServer } from '../testing/stream-server.js';
import { tagLog } from './tag-log.js';

let test: StreamServer;
beforeEach(async () => {
  test = await startStreamServer();
});
afterEach(() => test.close());

const stream = (name: string, tags: object[] = [], more: object = {}) => ({
  metadata: { name },
  spec: { tags, ...more },
});

const create = (body: object, namespace = 'proj', user = 'root') =>
  test.send('POST', at('imagestreams', '', namespace), body, { user });

/** Pushes an image whose only layer is named by a digit; returns its digest. */
async function push(name: string, tag: string, digit: string, namespace = 'proj'): Promise<string> {
  const image = pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
  const digest = image.metadata.name ?? '';
  image.dockerImageReference = `${INTERNAL}/${namespace}/${name}@${digest}`;
  const mapping = { metadata: { name }, image, tag };
  const { status, body } = await test.send('POST', at('imagestreammappings', '', namespace), mapping);
  if (status !== 201) throw new Error(body.message);
  return digest;
}

function causes(body: Answer['body']): string[] | undefined {
  const { details } = body as { details?: { causes?: { field: string; message: string }[] } };
  return details?.causes?.map(({ field, message }) => `${field}: ${message}`);
}

describe('image streams', () => {
  it('get defaults, generations and the repositories of the status', async () => {
    const { status, body } = await create(
      stream('app', [{ name: 'v1', from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } }, { name: 'free' }]),
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        lookupPolicy: { local: false },
        tags: [
          { name: 'v1', generation: 1, importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } },
          { name: 'free', generation: 1 },
        ],
      },
      status: {
        dockerImageRepository: `${INTERNAL}/proj/app`,
        publicDockerImageRepository: `${EXTERNAL}/proj/app`,
      },
    });
    test.settings.internal = undefined;
    expect((await test.stream('app')).status).toEqual({ dockerImageRepository: '' });
  });

  it.each<[what: string, body: object, ...problems: string[]]>([
    [
      'name that is no repository',
      stream('App'),
      'metadata.name: Invalid value: "App": must match "[a-z0-9]+(?:[._-][a-z0-9]+)*"',
    ],
    [
      'name that is too long',
      stream('a'.repeat(251)),
      `metadata.name: Invalid value: "${'a'.repeat(251)}": 'namespace/name' cannot be longer than 255 characters`,
    ],
    ['tag without a name', stream('app', [{}]), 'spec.tags[0].name: Required value'],
    ['two tags of a name', stream('app', [{ name: 'a' }, { name: 'a' }]), 'spec.tags[1].name: Duplicate value: "a"'],
    [
      'source without a kind',
      stream('app', [{ name: 'a', from: { name: 'x' } }]),
      "spec.tags[a].from.kind: Required value: valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'",
    ],
    [
      'source without a name',
      stream('app', [{ name: 'a', from: { kind: 'DockerImage' } }]),
      'spec.tags[a].from.name: Required value',
    ],
    [
      'schedule for a digest',
      stream('app', [
        {
          name: 'a',
          from: { kind: 'DockerImage', name: `quay.io/a/b@${digestOf(Buffer.from(''))}` },
          importPolicy: { scheduled: true },
        },
      ]),
      `spec.tags[a].from.name: Invalid value: "quay.io/a/b@${digestOf(Buffer.from(''))}": only tags can be scheduled for import`,
    ],
    [
      'schedule for a tag of a stream',
      stream('app', [{ name: 'a', from: { kind: 'ImageStreamTag', name: 'b' }, importPolicy: { scheduled: true } }]),
      'spec.tags[a].importPolicy.scheduled: Invalid value: true: only tags pointing to Docker repositories may be scheduled for background import',
    ],
    [
      'unknown reference policy and import mode',
      stream('app', [{ name: 'a', referencePolicy: { type: 'X' }, importPolicy: { importMode: 'Y' } }]),
      `spec.tags[a].importPolicy.importMode: Invalid value: "Y": invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'`,
      'spec.tags[a].referencePolicy.type: Invalid value: "X": valid values are "Source", "Local"',
    ],
    [
      'repository with a tag',
      stream('app', [], { dockerImageRepository: 'quay.io/a/b:v1' }),
      'spec.dockerImageRepository: Invalid value: "quay.io/a/b:v1": the repository name may not contain a tag',
    ],
    [
      'source that is not there',
      stream('app', [{ name: 'a', from: { kind: 'ImageStreamTag', name: 'other:v1' } }]),
      'spec.tags[a].from.name: Not found: "other:v1"',
    ],
  ])('refuse a %s', async (_what, body, ...problems) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ kind: 'Status', reason: 'Invalid' });
    expect(causes(answer.body)).toEqual(problems);
  });

  it('give changed tags the generation of the stream; 0 asks for another import, all else is ignored', async () => {
    const from = { kind: 'DockerImage', name: 'quay.io/a/b:1' };
    await create(
      stream('app', [
        { name: 'v1', from },
        { name: 'v2', from },
      ]),
    );
    const change = async (edit: (tags: TagReference[], stream: ImageStream) => void) => {
      const current = await test.stream('app');
      edit(current.spec.tags ?? [], current);
      const { body } = await test.send('PUT', at('imagestreams', 'app'), current);
      const { metadata, spec } = body as unknown as ImageStream;
      return [metadata.generation, ...(spec.tags ?? []).map(({ generation }) => generation)];
    };
    const first = (tags: TagReference[]) => tags[0] as TagReference;
    expect(await change((tags) => (first(tags).generation = 7))).toEqual([1, 1, 1]);
    expect(await change((tags) => (first(tags).generation = 0))).toEqual([2, 2, 1]);
    expect(await change((tags) => (first(tags).annotations = { a: 'b' }))).toEqual([3, 2, 1]);
    expect(await change((tags) => (first(tags).from = { kind: 'DockerImage', name: 'quay.io/a/b:2' }))).toEqual([
      4, 4, 1,
    ]);
    expect(await change((tags) => (first(tags).importPolicy.importMode = 'PreserveOriginal'))).toEqual([5, 5, 1]);
    expect(await change((_tags, { metadata }) => (metadata.labels = { a: 'b' }))).toEqual([5, 5, 1]);
    expect(await change((tags) => (first(tags).generation = null))).toEqual([5, 5, 1]);
  });

  it('keep the specification in writes of the status, and the status in writes of the specification', async () => {
    await create(stream('app'));
    await push('app', 'v1', '1');
    const current = await test.stream('app');
    const changed = { ...current, spec: { ...current.spec, tags: [{ name: 'x' }] }, status: { tags: [] } };
    const answer = await test.send('PUT', at('imagestreams', 'app'), changed);
    expect(answer.body).toMatchObject({ spec: { tags: [{ name: 'x' }] }, status: { tags: [{ tag: 'v1' }] } });
    const later = await test.stream('app');
    const status = { ...later, spec: { tags: [] }, status: { dockerImageRepository: 'x', tags: [] } };
    const { body } = await test.send('PUT', `${at('imagestreams', 'app')}/status`, status);
    expect(body).toMatchObject({ spec: { tags: [{ name: 'x' }] }, metadata: { generation: 2 } });
    expect((await test.stream('app')).status).toEqual({
      dockerImageRepository: `${INTERNAL}/proj/app`,
      publicDockerImageRepository: `${EXTERNAL}/proj/app`,
    });
  });

  it('have histories of pull specs only', async () => {
    await create(stream('app'));
    const item = { created: '2026-01-02T03:04:05Z', dockerImageReference: 'a b', image: '', generation: 1 };
    const status = { ...(await test.stream('app')), status: { tags: [{ tag: 'v1', items: [item] }] } };
    const { body } = await test.send('PUT', `${at('imagestreams', 'app')}/status`, status);
    expect(causes(body)?.[0]).toMatch(/^status.tags\[v1\].items\[0\].dockerImageReference: Invalid value: "a b": /);
  });

  it('note who changed which tag, and let nobody else write that', async () => {
    await create(stream('app'));
    const image = await push('app', 'v1', '1');
    const current = await test.stream('app');
    current.spec.tags = [
      { name: 'ref', reference: true, from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } },
    ] as TagReference[];
    current.metadata.annotations = { 'image.longshore.dev/tag-log': '[]', mine: 'x' };
    await test.send('PUT', at('imagestreams', 'app'), current, { user: 'ann' });
    const written = await test.stream('app');
    expect(written.metadata.annotations).toMatchObject({ mine: 'x' });
    expect(tagLog(written)).toMatchObject([
      { tag: 'ref', image: '', user: 'ann', source: 'tag', generation: 2, at: '2026-01-02T03:04:05Z' },
      { tag: 'v1', image, user: 'root', source: 'push', generation: 1 },
    ]);
  });

  it('can be selected by their repositories, and found in the category all', async () => {
    await create(stream('a', [], { dockerImageRepository: 'quay.io/a/b' }));
    await create(stream('b'));
    const names = async (selector: string) =>
      (await test.send('GET', `${at('imagestreams')}?fieldSelector=${selector}`)).body.items.map(
        ({ metadata }) => metadata.name,
      );
    expect(await names('spec.dockerImageRepository=quay.io/a/b')).toEqual(['a']);
    expect(await names(`status.dockerImageRepository=${INTERNAL}/proj/b`)).toEqual(['b']);
    const { body } = await test.send('GET', '/apis/image.openshift.io/v1');
    expect((body.resources as { name: string }[]).find(({ name }) => name === 'imagestreams')).toMatchObject({
      shortNames: ['is'],
      categories: ['all'],
    });
  });

  it('are shown as a table', async () => {
    await create(stream('app'));
    for (const [at, tag] of ['latest', 'v1', 'a-tag-of-some-length', 'another-tag-of-length'].entries()) {
      await push('app', tag, String(at));
    }
    test.settings.now = new Date('2026-01-23T03:04:05Z');
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await test.send('GET', at('imagestreams'), undefined, { accept });
    expect((body.columnDefinitions as { name: string }[]).map(({ name }) => name)).toEqual([
      'Name',
      'Image Repository',
      'Tags',
      'Updated',
    ]);
    expect((body.rows as { cells: unknown[] }[]).map(({ cells }) => cells)).toEqual([
      ['app', `${EXTERNAL}/proj/app`, 'a-tag-of-some-length + 3 more...', '3 weeks ago'],
    ]);
  });
});

describe('tags of streams that have sources', () => {
  it('follow tags of the same stream, copy those of others, and note pull specs', async () => {
    await create(
      stream('app', [
        { name: 'prod', from: { kind: 'ImageStreamTag', name: 'v1' } },
        { name: 'ref', reference: true, from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } },
      ]),
    );
    const first = await push('app', 'v1', '1');
    await create(stream('copy', [{ name: 'v1', from: { kind: 'ImageStreamTag', name: 'app:v1' } }]));
    const second = await push('app', 'v1', '2');
    const images = async (name: string, tag: string) =>
      (await test.stream(name)).status.tags?.find((list) => list.tag === tag)?.items?.map(({ image }) => image);
    expect(await images('app', 'v1')).toEqual([second, first]);
    expect(await images('app', 'prod')).toEqual([second, first]);
    expect(await images('copy', 'v1')).toEqual([first]);
    const { status } = await test.stream('app');
    expect(status.tags?.find(({ tag }) => tag === 'ref')?.items).toEqual([
      { created: '2026-01-02T03:04:05Z', dockerImageReference: 'quay.io/a/b:1', image: '', generation: 1 },
    ]);
  });

  it('say what is pulled from the own repository, unless they are references', async () => {
    await create(stream('app'));
    const image = await push('app', 'v1', '1');
    const from = { kind: 'ImageStreamTag', name: 'app:v1' };
    await create(
      stream('copy', [
        { name: 'a', from },
        { name: 'b', from, reference: true },
      ]),
    );
    const references = (await test.stream('copy')).status.tags?.map(({ items }) => items?.[0]?.dockerImageReference);
    expect(references).toEqual([`${INTERNAL}/proj/copy@${image}`, `${INTERNAL}/proj/app@${image}`]);
  });

  it('may name images by the beginning of their digests', async () => {
    await create(stream('app'));
    const image = await push('app', 'v1', '1');
    const other = await push('app', 'v1', '2');
    const source = (name: string) => ({ name: 'x', from: { kind: 'ImageStreamImage', name } });
    await create(stream('copy', [source(`app@${image.slice(0, 20)}`)]));
    expect((await test.stream('copy')).status.tags?.[0]?.items?.[0]).toMatchObject({ image, generation: 1 });
    const shared = await create(stream('two', [source('app@sha256:')]));
    expect(causes(shared.body)?.[0]).toContain('multiple images match the prefix "sha256:"');
    expect(causes(shared.body)?.[0]).toContain(other);
    const unknown = await create(stream('none', [source(`app@sha256:${'0'.repeat(64)}`)]));
    expect(causes(unknown.body)?.[0]).toContain('not found');
  });

  it('need the right to pull where they come from', async () => {
    await create(stream('app'), 'other');
    const image = await push('app', 'v1', '1', 'other');
    const copy = (name: string) =>
      create(
        stream(name, [{ name: 'a', from: { kind: 'ImageStreamTag', name: 'app:v1', namespace: 'other' } }]),
        'proj',
        'bob',
      );
    const refused = await copy('copy');
    expect(causes(refused.body)).toEqual([
      'spec.tags[a].from: Forbidden: other/app: needs the right to get imagestreams/layers there',
    ]);
    test.settings.rights.add('bob get imagestreams/layers other/app');
    expect((await copy('copy')).status).toBe(201);
    expect((await test.stream('copy')).status.tags?.[0]?.items?.[0]).toMatchObject({
      image,
      dockerImageReference: `${INTERNAL}/proj/copy@${image}`,
    });
  });

  it('may come from allowed registries only, but what was there stays', async () => {
    const from = (name: string) => ({ kind: 'DockerImage', name });
    await create(stream('app', [{ name: 'old', from: from('docker.io/library/x:1') }]), 'proj', 'bob');
    await test.api.objects.create('images.config.openshift.io', {
      apiVersion: 'config.openshift.io/v1',
      kind: 'Image',
      metadata: { name: 'cluster' },
      spec: {
        allowedRegistriesForImport: [{ domainName: '*.example.com' }, { domainName: 'quay.io:5000' }],
      },
    });
    const again = await test.stream('app');
    again.spec.tags = [{ ...(again.spec.tags?.[0] as TagReference), generation: 0 }];
    expect((await test.send('PUT', at('imagestreams', 'app'), again, { user: 'bob' })).status).toBe(200);
    const put = async (name: string, user: string) => {
      const current = await test.stream('app');
      current.spec.tags = [...(current.spec.tags ?? []).slice(0, 1), { name: 'new', from: from(name) } as TagReference];
      const { status, body } = await test.send('PUT', at('imagestreams', 'app'), current, { user });
      return status === 200 ? status : causes(body);
    };
    expect(await put('quay.io/a/b:1', 'bob')).toEqual([
      'spec.tags[new].from.name: Forbidden: registry "quay.io" not allowed by allowlist: "*.example.com", "quay.io:5000"',
    ]);
    expect(await put('r.example.com/a/b:1', 'bob')).toBe(200);
    expect(await put('quay.io:5000/a/b:1', 'bob')).toBe(200);
    expect(await put(`${INTERNAL}/proj/x:1`, 'bob')).toBe(200);
    expect(await put('quay.io/a/b:2', 'root')).toBe(200);
    test.settings.rights.add('bob create imagestreammappings /');
    expect(await put('quay.io/a/b:3', 'bob')).toBe(200);
  });
});

describe('subresources of streams', () => {
  it('tell what a pushed image is made of', async () => {
    await create(stream('app'));
    const manifest = manifestText();
    const digest = await push('app', 'v1', '1');
    const config = digestOf(Buffer.from(CONFIG_TEXT));
    const layer = `sha256:${'1'.repeat(64)}`;
    const { body } = await test.send('GET', `${at('imagestreams', 'app')}/layers`);
    expect(digest).toBe(digestOf(Buffer.from(manifest)));
    expect(Object.keys(body.blobs as object).sort()).toEqual([layer, config, digest].sort());
    expect((body.images as Record<string, unknown>)[digest]).toEqual({ layers: [layer], config });
    expect((await test.send('GET', `${at('imagestreams', 'none')}/layers`)).status).toBe(404);
  });

  it('list the pull secrets of the namespace', async () => {
    const secret = (name: string, type: string, annotations = {}) =>
      test.api.objects.create('secrets', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'proj', annotations },
        type,
      });
    await secret('a', 'kubernetes.io/dockerconfigjson');
    await secret('b', 'kubernetes.io/dockercfg', { 'openshift.io/image.excludeSecret': 'true' });
    await secret('c', 'Opaque');
    await secret('d', 'kubernetes.io/dockercfg');
    const { body } = await test.send('GET', `${at('imagestreams', 'app')}/secrets`);
    expect(body).toMatchObject({ kind: 'SecretList', apiVersion: 'v1' });
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'd']);
  });
});
