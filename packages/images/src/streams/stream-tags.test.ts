import { IMAGE_ANNOTATIONS, type Image, type ImageStreamTag, type ImageTag, type TagReference } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { tagLog } from './tag-log.js';
import { at, EXTERNAL, INTERNAL, startStreamServer, type StreamServer } from '../testing/stream-server.js';

let test: StreamServer;
let first: string;
let second: string;

/** A stream with the tags `v1` (pushed twice), `prod` (tracks it) and `later` (imported some day). */
beforeEach(async () => {
  test = await startStreamServer();
  const tags = [
    { name: 'prod', from: { kind: 'ImageStreamTag', name: 'v1' }, annotations: { description: 'what runs' } },
    { name: 'later', from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } },
  ];
  const metadata = { name: 'app', labels: { team: 'a' } };
  await test.send('POST', at('imagestreams'), { metadata, spec: { tags } });
  first = await push('v1', '1');
  second = await push('v1', '2');
});
afterEach(() => test.close());

async function push(tag: string, digit: string, name = 'app'): Promise<string> {
  const image = pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
  const digest = image.metadata.name ?? '';
  const mapping = { metadata: { name }, image: { ...image, dockerImageReference: '' }, tag };
  const { status, body } = await test.send('POST', at('imagestreammappings'), mapping);
  if (status !== 201) throw new Error(body.message);
  return digest;
}

const names = async (plural: string, query = '') =>
  (await test.send('GET', at(plural) + query)).body.items.map(({ metadata }) => metadata.name);

async function rows(plural: string): Promise<unknown[][]> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body } = await test.send('GET', at(plural), undefined, { accept });
  return (body.rows as { cells: unknown[] }[]).map(({ cells }) => cells);
}

describe('ImageStreamTag', () => {
  it('shows the newest image of a tag with what its stream says', async () => {
    const stream = await test.stream('app');
    const { body } = await test.send('GET', at('imagestreamtags', 'app:prod'));
    const { image, ...tag } = body as unknown as ImageStreamTag;
    expect(tag).toEqual({
      kind: 'ImageStreamTag',
      apiVersion: 'image.openshift.io/v1',
      metadata: {
        name: 'app:prod',
        namespace: 'proj',
        uid: stream.metadata.uid,
        resourceVersion: stream.metadata.resourceVersion,
        creationTimestamp: '2026-01-02T03:04:05Z',
        labels: { team: 'a' },
        annotations: { description: 'what runs' },
      },
      tag: stream.spec.tags?.[0],
      generation: 1,
      lookupPolicy: { local: false },
    });
    expect(image).toMatchObject({
      metadata: { name: second, annotations: { description: 'what runs' } },
      dockerImageReference: `${INTERNAL}/proj/app@${second}`,
      dockerImageLayers: [{ name: `sha256:${'2'.repeat(64)}`, size: 1000 }],
    });
    expect(image.dockerImageManifest).toBeUndefined();
  });

  it.each([
    ['app:none', 404, 'imagestreamtags.image.openshift.io "app:none" not found'],
    ['app:later', 404, 'imagestreamtags.image.openshift.io "app:later" not found'],
    ['none:v1', 404, 'imagestreamtags.image.openshift.io "none:v1" not found'],
    ['app', 400, 'ImageStreamTags must be retrieved with <name>:<tag>'],
  ])('%s is answered %d', async (name, code, message) => {
    const { status, body } = await test.send('GET', at('imagestreamtags', name));
    expect([status, body.message]).toEqual([code, message]);
  });

  it('is listed when it has a status, by namespace, by label and in all namespaces', async () => {
    expect(await names('imagestreamtags')).toEqual(['app:prod', 'app:v1']);
    expect(await names('imagestreamtags', '?labelSelector=team%3Db')).toEqual([]);
    const { body } = await test.send('GET', '/apis/image.openshift.io/v1/imagestreamtags');
    expect(body.items).toMatchObject([{ metadata: { name: 'app:prod' } }, { metadata: { namespace: 'proj' } }]);
    expect(body.items[0]?.image).toEqual({
      metadata: { name: second },
      dockerImageReference: `${INTERNAL}/proj/app@${second}`,
    });
  });

  it('is shown as a table', async () => {
    test.settings.now = new Date('2026-01-02T03:05:25Z');
    const reference = `${INTERNAL}/proj/app@${second}`;
    expect(await rows('imagestreamtags')).toEqual([
      ['app:prod', reference, 'About a minute ago', second],
      ['app:v1', reference, 'About a minute ago', second],
    ]);
  });

  it('is pulled through the registry of the cluster with the reference policy Local', async () => {
    const from = { kind: 'DockerImage', name: 'quay.io/a/b:1' };
    const tag = { name: 'ext', from, reference: true, referencePolicy: { type: 'Local' } };
    await test.send('POST', at('imagestreams'), { metadata: { name: 'other' }, spec: { tags: [tag] } });
    const read = async () => (await test.send('GET', at('imagestreamtags', 'other:ext'))).body.image as Image;
    expect((await read()).dockerImageReference).toBe('quay.io/a/b:1');
    const image = await push('ext', '7', 'other');
    expect((await read()).dockerImageReference).toBe(`${INTERNAL}/proj/other@${image}`);
  });

  it('is told with its Local pull spec also by the answer that made its stream', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'app:v1' }, referencePolicy: { type: 'Local' } };
    const { body } = await test.send('POST', at('imagestreamtags'), { metadata: { name: 'new:v1' }, tag });
    expect((body.image as Image).dockerImageReference).toBe(`${INTERNAL}/proj/new@${second}`);
  });

  it('makes its stream when it is created, and exists once', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'app:v1' } };
    const make = () =>
      test.send('POST', at('imagestreamtags'), { metadata: { name: 'new:v1', annotations: { a: 'b' } }, tag });
    const { status, body } = await make();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      metadata: { name: 'new:v1', annotations: { a: 'b' } },
      tag: { name: 'v1', generation: 1, referencePolicy: { type: 'Source' } },
      image: { metadata: { name: second } },
    });
    const again = await make();
    expect([again.status, again.body.message]).toEqual([
      409,
      'imagestreamtags.image.openshift.io "new:v1" already exists',
    ]);
    const wrong = await test.send('POST', at('imagestreamtags'), { metadata: { name: 'new' }, tag });
    expect([wrong.status, wrong.body.message]).toEqual([400, '"new" must be of the form <stream_name>:<tag>']);
  });

  it('is not stored on a dry run', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'app:v1' } };
    const dry = (name: string) => test.send('POST', `${at('imagestreamtags')}?dryRun=All`, { metadata: { name }, tag });
    expect((await dry('new:v1')).status).toBe(201);
    expect((await dry('app:v2')).body).toMatchObject({ image: { metadata: { name: second } } });
    expect((await test.send('DELETE', `${at('imagestreamtags', 'app:v1')}?dryRun=All`)).status).toBe(200);
    expect(await names('imagestreamtags')).toEqual(['app:prod', 'app:v1']);
    expect(await names('imagestreams')).toEqual(['app']);
  });

  it('is refused on a dry run, too, where its stream would be', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'gone:v1' } };
    const make = (query: string) =>
      test.send('POST', `${at('imagestreamtags')}${query}`, { metadata: { name: 'new:v1' }, tag });
    const real = await make('');
    expect(real.status).toBe(422);
    const dry = await make('?dryRun=All');
    expect([dry.status, dry.body.message]).toEqual([422, real.body.message]);
  });

  it('takes changes of its annotations and its source, by PUT and by PATCH', async () => {
    const path = at('imagestreamtags', 'app:prod');
    const patch = { metadata: { annotations: { description: 'other' } } };
    const { status } = await test.send('PATCH', path, patch, { type: 'application/merge-patch+json' });
    expect(status).toBe(200);
    const specTag = async () => (await test.stream('app')).spec.tags?.find(({ name }) => name === 'prod');
    expect(await specTag()).toMatchObject({ annotations: { description: 'other' }, generation: 1 });
    const current = (await test.send('GET', path)).body as unknown as ImageStreamTag;
    const tag = { ...(current.tag as TagReference), from: { kind: 'ImageStreamImage', name: `app@${first}` } };
    test.settings.now = new Date('2026-01-03T00:00:00Z');
    const answer = await test.send('PUT', path, { ...current, tag });
    expect(answer.body).toMatchObject({
      metadata: { creationTimestamp: '2026-01-03T00:00:00Z' },
      tag: { generation: 3 },
      image: { metadata: { name: first } },
    });
    const other = { ...current, tag, metadata: { name: 'app:prod', uid: 'of another stream' } };
    expect((await test.send('PUT', path, other)).body).toMatchObject({ code: 409, reason: 'Conflict' });
    const late = await test.send('PUT', path, { ...current, tag });
    expect(late.status).toBe(409);
    expect(late.body.message).toMatch(/^Operation cannot be fulfilled on imagestreamtags.* another caller has updated/);
  });

  it.each([
    ['merge', 'application/merge-patch+json', { metadata: { annotations: { description: null } } }],
    ['JSON', 'application/json-patch+json', [{ op: 'remove', path: '/metadata/annotations' }]],
  ])('loses an annotation by a %s patch', async (_what, type, patch) => {
    await test.send('PATCH', at('imagestreamtags', 'app:prod'), patch, { type });
    expect((await test.stream('app')).spec.tags?.[0]?.annotations).toBeUndefined();
  });

  it.each(['imagestreamtags', 'imagetags'])('has the labels of its stream: %s', async (plural) => {
    const type = 'application/merge-patch+json';
    await test.send('PATCH', at('imagestreams', 'app'), { metadata: { labels: { a: 'b' } } }, { type });
    const label = (labels: object) => test.send('PATCH', at(plural, 'app:prod'), { metadata: { labels } }, { type });
    expect((await label({ a: 'b' })).body).toMatchObject({ metadata: { labels: { a: 'b' } } });
    const { body } = await label({ c: 'd' });
    expect(body).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.labels' }] } });
  });

  it('makes a tag or a stream when it is put, for who may create', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'app:v1' } };
    const put = (name: string, more: object, user = 'root') =>
      test.send('PUT', at('imagestreamtags', name), { metadata: { name }, ...more }, { user });
    expect((await put('app:v2', { tag })).body).toMatchObject({ image: { metadata: { name: second } } });
    expect((await put('new:v2', { tag }, 'bob')).status).toBe(403);
    test.settings.rights.add('bob create imagestreamtags proj/');
    expect((await put('new:v2', { tag }, 'bob')).status).toBe(200);
    const without = await put('app:v9', {});
    expect([without.status, without.body.message]).toEqual([
      400,
      'imagestreamtag v9 is not a spec tag in imagestream proj/app, cannot be updated',
    ]);
  });

  it('goes from specification and status', async () => {
    const { metadata } = await test.stream('app');
    const path = at('imagestreamtags', 'app:prod');
    const wrong = await test.send('DELETE', path, { preconditions: { uid: 'other' } });
    expect([wrong.status, wrong.body.reason]).toEqual([409, 'Conflict']);
    const { status, body } = await test.send('DELETE', path, { preconditions: { uid: metadata.uid } });
    expect([status, body.status]).toEqual([200, 'Success']);
    const stream = await test.stream('app');
    expect(stream.spec.tags?.map(({ name }) => name)).toEqual(['later']);
    expect(stream.status.tags?.map(({ tag }) => tag)).toEqual(['v1']);
    expect((await test.send('DELETE', path)).status).toBe(404);
    expect((await test.send('DELETE', at('imagestreamtags', 'none:v1'))).body.message).toBe(
      'imagestreamtags.image.openshift.io "none:v1" not found',
    );
  });

  it('may have a source that is no tag of a stream only if that can be read', async () => {
    const tag = { from: { kind: 'ImageStreamTag', name: 'a:b:c' } };
    const { status, body } = await test.send('POST', at('imagestreamtags'), { metadata: { name: 'x:y' }, tag });
    expect(status).toBe(422);
    expect(body.message).toBe(
      'ImageStreamTag.image.openshift.io "x:y" is invalid: tag.from.name: Invalid value: "a:b:c": must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>',
    );
  });
});

describe('ImageTag', () => {
  it('is listed when specification or status have it', async () => {
    expect(await names('imagetags')).toEqual(['app:later', 'app:prod', 'app:v1']);
    const { body } = await test.send('GET', at('imagetags', 'app:v1'));
    const { spec, status, image } = body as unknown as ImageTag;
    expect([spec, status?.items?.length, image?.metadata.name]).toEqual([null, 2, second]);
    expect((await test.send('GET', at('imagetags', 'app:none'))).status).toBe(404);
  });

  it('is shown as a table', async () => {
    await test.api.objects.change('imagestreams.image.openshift.io', 'proj', 'app', 'all', (stream) => {
      const condition = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', generation: 1 };
      (stream.status as { tags: object[] }).tags.push({ tag: 'later', items: null, conditions: [condition] });
      return stream;
    });
    expect(await rows('imagetags')).toEqual([
      ['app:later', 'Tag', 'ImportFailed (NotFound)', 0, ''],
      ['app:prod', 'Track', `image/${second}`, 2, 'Less than a second ago'],
      ['app:v1', 'Push', `image/${second}`, 2, 'Less than a second ago'],
    ]);
  });

  it.each<[what: string, tag: object, cells: unknown[]]>([
    ['waits for its import', { from: { kind: 'DockerImage', name: 'quay.io/a/b:1' } }, ['Tag', 'Importing']],
    [
      'is imported again and again',
      { from: { kind: 'DockerImage', name: 'quay.io/a/b:1' }, importPolicy: { scheduled: true } },
      ['Scheduled', 'Importing'],
    ],
    [
      'only notes a pull spec',
      { from: { kind: 'DockerImage', name: 'quay.io/a/b:1' }, reference: true },
      ['Ref', 'quay.io/a/b:1'],
    ],
    ['follows what is not there', { from: { kind: 'ImageStreamTag', name: 'x' } }, ['Track', 'InvalidRefName']],
    ['is to be pushed', {}, ['Push', '']],
  ])('tells that it %s', async (_what, tag, cells) => {
    const body = { metadata: { name: 'new:v1' }, spec: { name: 'v1', ...tag } };
    expect((await test.send('POST', at('imagetags'), body)).status).toBe(201);
    const row = (await rows('imagetags')).find(([name]) => name === 'new:v1') ?? [];
    expect(row.slice(1, 3)).toEqual(cells);
  });

  it('is created by its specification alone, which must name the tag', async () => {
    const make = async (body: object) => {
      const { status, body: answer } = await test.send('POST', at('imagetags'), body);
      return [status, answer.message];
    };
    const metadata = { name: 'app:v2' };
    expect(await make({ metadata })).toEqual([
      422,
      'ImageTag.image.openshift.io "app:v2" is invalid: spec: Required value: is needed to create a tag',
    ]);
    expect(await make({ metadata, spec: { name: 'v3' } })).toEqual([
      422,
      'ImageTag.image.openshift.io "app:v2" is invalid: spec.name: Invalid value: "v3": must be the tag, "v2"',
    ]);
    const from = { kind: 'ImageStreamTag', name: 'v1' };
    expect(await make({ metadata, spec: { name: 'v2', from } })).toEqual([201, undefined]);
    expect(await make({ metadata, spec: { name: 'v2', from } })).toEqual([
      409,
      'imagetags.image.openshift.io "app:v2" already exists',
    ]);
    expect(await names('imagestreamtags')).toContain('app:v2');
  });

  it('takes another specification, or none', async () => {
    const path = at('imagetags', 'app:prod');
    const current = (await test.send('GET', path)).body as unknown as ImageTag;
    const from = { kind: 'ImageStreamImage', name: first };
    const changed = await test.send('PUT', path, { ...current, spec: { ...current.spec, from } });
    expect(changed.body).toMatchObject({ spec: { from, generation: 2 }, image: { metadata: { name: first } } });
    expect((await test.send('PUT', path, { ...current, spec: null })).status).toBe(409);
    const { body } = await test.send('PUT', path, { metadata: { name: 'app:prod' }, spec: null });
    expect(body).toMatchObject({ spec: null, status: { tag: 'prod' } });
    const none = { metadata: { name: 'app:none' }, spec: { name: 'none' } };
    expect((await test.send('PUT', at('imagetags', 'app:none'), none)).status).toBe(404);
  });

  it('goes from specification and status', async () => {
    for (const name of ['app:later', 'app:v1']) {
      expect((await test.send('DELETE', at('imagetags', name))).body.status).toBe('Success');
    }
    expect(await names('imagetags')).toEqual(['app:prod']);
  });
});

describe('ImageStreamImage', () => {
  it.each([
    ['the digest', (digest: string) => digest],
    ['the beginning of the digest', (digest: string) => digest.slice(0, 14)],
    ['the beginning without the algorithm', (digest: string) => digest.slice(7, 14)],
  ])('is found by %s', async (_what, part) => {
    const { status, body } = await test.send('GET', at('imagestreamimages', `app@${part(first)}`));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      metadata: { name: `app@${first}`, namespace: 'proj' },
      image: { metadata: { name: first }, dockerImageReference: `${INTERNAL}/proj/app@${first}` },
    });
  });

  it.each([
    ['app', 400, 'ImageStreamImages must be retrieved with <name>@<id>'],
    [`app@sha256:${'0'.repeat(64)}`, 404, `imagestreamimages.image.openshift.io "sha256:${'0'.repeat(64)}" not found`],
    ['none@sha256:1', 404, 'imagestreamimages.image.openshift.io "none@sha256:1" not found'],
  ])('%s is answered %d', async (name, code, message) => {
    const { status, body } = await test.send('GET', at('imagestreamimages', name));
    expect([status, body.message]).toEqual([code, message]);
  });

  it('must be the only one that begins so', async () => {
    const { status, body } = await test.send('GET', at('imagestreamimages', 'app@sha256:'));
    expect([status, body.reason]).toEqual([409, 'Conflict']);
  });
});

describe('ImageStreamMapping', () => {
  const manifest = manifestText({ layers: [['5', 1000]] });
  const digest = digestOf(Buffer.from(manifest));
  const mapping = (more: object = {}) => ({
    metadata: { name: 'app' },
    image: { metadata: { name: digest }, dockerImageManifest: manifest, dockerImageConfig: CONFIG_TEXT },
    tag: 'v5',
    ...more,
  });
  const map = (body: object) => test.send('POST', at('imagestreammappings'), body);

  it('stores the image and gives the tag to it', async () => {
    const image = {
      ...mapping().image,
      metadata: {
        name: digest,
        annotations: { [IMAGE_ANNOTATIONS.managed]: 'true', [IMAGE_ANNOTATIONS.manifestBlobStored]: 'true' },
      },
      signatures: [{ metadata: { name: `${digest}@x` }, type: 'AtomicImageV1', content: 'eA==' }],
    };
    const { status, body } = await map(mapping({ image }));
    expect([status, body.status]).toEqual([201, 'Success']);
    const stored = await test.api.objects.get<Image>('images.image.openshift.io', '', digest);
    expect(stored).toMatchObject({
      metadata: { annotations: { ...image.metadata.annotations, [IMAGE_ANNOTATIONS.layersOrder]: 'ascending' } },
      dockerImageReference: `${INTERNAL}/proj/app@${digest}`,
      dockerImageMetadata: { Size: 1000 + CONFIG_TEXT.length },
    });
    expect([stored?.dockerImageManifest, stored?.signatures]).toEqual([undefined, undefined]);
    expect((await test.stream('app')).status.tags?.find(({ tag }) => tag === 'v5')?.items).toEqual([
      {
        created: '2026-01-02T03:04:05Z',
        dockerImageReference: `${INTERNAL}/proj/app@${digest}`,
        image: digest,
        generation: 1,
      },
    ]);
  });

  it('notes for whom it was pushed', async () => {
    await map(mapping({ metadata: { name: 'app', annotations: { 'image.longshore.dev/on-behalf-of': 'ann' } } }));
    expect(tagLog(await test.stream('app'))[0]).toMatchObject({ tag: 'v5', user: 'root', onBehalfOf: 'ann' });
  });

  it('tells an image that it was pushed again', async () => {
    const annotation = async () =>
      (await test.api.objects.get<Image>('images.image.openshift.io', '', digest))?.metadata.annotations?.[
        IMAGE_ANNOTATIONS.pushedAt
      ];
    await map(mapping());
    expect(await annotation()).toBeUndefined();
    await map(mapping());
    expect(await annotation()).toBe('2026-01-02T03:04:05Z');
  });

  it('changes nothing when it is repeated', async () => {
    await map(mapping());
    const { metadata } = await test.stream('app');
    expect((await map(mapping())).status).toBe(201);
    expect((await test.stream('app')).metadata).toEqual(metadata);
  });

  it('gives a managed image that is known already the repository of its own stream', async () => {
    await test.send('POST', at('imagestreams'), { metadata: { name: 'other' } });
    const annotations = { [IMAGE_ANNOTATIONS.managed]: 'true' };
    const image = { ...mapping().image, metadata: { name: digest, annotations } };
    const there = { ...image, dockerImageReference: `${INTERNAL}/proj/app@${digest}` };
    await map(mapping({ image: there }));
    await map(mapping({ image: there, metadata: { name: 'other' } }));
    const { status } = await test.stream('other');
    expect(status.tags?.[0]?.items?.[0]?.dockerImageReference).toBe(`${INTERNAL}/proj/other@${digest}`);
  });

  it('finds its stream by the repository', async () => {
    const by = (dockerImageRepository: string) => map(mapping({ metadata: {}, dockerImageRepository }));
    expect((await by(`${INTERNAL}/proj/app`)).status).toBe(201);
    const { status, body } = await by(`${INTERNAL}/proj/none`);
    expect(status).toBe(422);
    expect(body.message).toContain(`dockerImageRepository: Not found: "${INTERNAL}/proj/none"`);
  });

  it.each<[what: string, more: object, code: number, message: string]>([
    ['no stream', { metadata: { name: 'none' } }, 404, 'imagestreammappings.image.openshift.io "none" not found'],
    ['no tag', { tag: '' }, 422, 'ImageStreamMapping.image.openshift.io "app" is invalid: tag: Required value'],
    [
      'no name',
      { metadata: {} },
      422,
      'ImageStreamMapping.image.openshift.io "" is invalid: [name: Required value, dockerImageRepository: Required value]',
    ],
    [
      'an image that is no digest',
      { image: { metadata: { name: 'x' } } },
      422,
      'ImageStreamMapping.image.openshift.io "app" is invalid: image.metadata.name: Invalid value: "x": must be the digest of the manifest',
    ],
  ])('is refused with %s', async (_what, more, code, message) => {
    const { status, body } = await map(mapping(more));
    expect([status, body.message]).toEqual([code, message]);
  });

  it.each<[what: string, image: object, message: string | undefined]>([
    ['an image of another registry with its manifest', { dockerImageReference: 'quay.io/org/app:v1' }, undefined],
    [
      'one without it',
      { dockerImageReference: 'quay.io/org/app:v1', dockerImageManifest: '' },
      'must bring its manifest',
    ],
    [
      'one without its configuration',
      { dockerImageReference: 'quay.io/org/app:v1', dockerImageConfig: '' },
      'must bring its configuration',
    ],
    ['one of their own stream', { dockerImageReference: `${INTERNAL}/proj/app@${digest}` }, 'come by a push'],
    ['one of a stream of others', { dockerImageReference: `${EXTERNAL}/secret/app@${digest}` }, 'come by a push'],
    ['one without a place', {}, 'come by a push'],
    ['one without a host', { dockerImageReference: 'secret/app:v1' }, 'come by a push'],
  ])('of ordinary users may name %s', async (_what, image, refused) => {
    const annotations = { [IMAGE_ANNOTATIONS.managed]: 'true' };
    const asked = { ...mapping().image, metadata: { name: digest, annotations }, ...image };
    const { status, body } = await test.send('POST', at('imagestreammappings'), mapping({ image: asked }), {
      user: 'ann',
    });
    expect(status).toBe(refused === undefined ? 201 : 403);
    if (refused !== undefined) expect(body.message).toContain(refused);
    const stored = await test.api.objects.get<Image>('images.image.openshift.io', '', digest);
    expect(stored?.metadata.annotations?.[IMAGE_ANNOTATIONS.managed]).toBeUndefined();
  });

  it('of ordinary users cannot name by its digest alone what others have imported', async () => {
    await map(mapping({ image: { ...mapping().image, dockerImageReference: 'quay.io/secret/app:v1' } }));
    const reference = { metadata: { name: digest }, dockerImageReference: 'quay.io/org/app:v1' };
    const asked = [reference, { ...reference, dockerImageManifest: manifestText({}), dockerImageConfig: CONFIG_TEXT }];
    for (const image of asked) {
      const { status } = await test.send('POST', at('imagestreammappings'), mapping({ image, tag: 'mine' }), {
        user: 'ann',
      });
      expect(status).toBeGreaterThan(400);
    }
    expect((await test.stream('app')).status.tags?.some(({ tag }) => tag === 'mine')).toBe(false);
  });

  it('of ordinary users tell nothing of others for whom they act', async () => {
    const annotations = { 'image.longshore.dev/on-behalf-of': 'bob' };
    const image = { ...mapping().image, dockerImageReference: 'quay.io/org/app:v1' };
    await test.send('POST', at('imagestreammappings'), mapping({ metadata: { name: 'app', annotations }, image }), {
      user: 'ann',
    });
    expect(tagLog(await test.stream('app'))[0]).not.toHaveProperty('onBehalfOf');
  });

  it('of ordinary users cannot name what was pushed', async () => {
    const annotations = { [IMAGE_ANNOTATIONS.managed]: 'true' };
    await map(mapping({ image: { ...mapping().image, metadata: { name: digest, annotations } } }));
    const asked = { ...mapping().image, dockerImageReference: 'quay.io/org/app:v1' };
    const answer = await test.send('POST', at('imagestreammappings'), mapping({ image: asked }), { user: 'ann' });
    expect(answer.body.message).toContain('come by a push');
  });

  it('is refused where a limit range forbids the image', async () => {
    await test.api.objects.create('limitranges', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'small', namespace: 'proj' },
      spec: { limits: [{ type: 'openshift.io/Image', max: { storage: '1k' } }] },
    });
    const { status, body } = await map(mapping());
    expect([status, body.reason]).toEqual([403, 'Forbidden']);
    expect(body.message).toContain('exceeds the maximum limit per openshift.io/Image');
    expect(await test.api.objects.get('images.image.openshift.io', '', digest)).toBeUndefined();
  });

  it('takes lists whose images have no platform, and artifacts', async () => {
    const child = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: first, size: 300 };
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [child],
    });
    const artifact = manifestText({ config: '{}', configType: 'application/vnd.cncf.helm.config.v1+json' });
    for (const [tag, text] of Object.entries({ index, artifact })) {
      const image = { metadata: { name: digestOf(Buffer.from(text)) }, dockerImageManifest: text };
      expect((await map(mapping({ tag, image }))).status).toBe(201);
    }
    const { body } = await test.send('GET', at('imagestreamtags', 'app:index'));
    expect(body.image).toMatchObject({
      dockerImageManifests: [{ digest: first, architecture: 'unknown', os: 'unknown' }],
    });
  });

  it('lets all of many pushes at once through', async () => {
    const pushes = Array.from({ length: 30 }, (_, at) => push(`t${at}`, String(at % 10)));
    await Promise.all(pushes);
    expect((await test.stream('app')).status.tags).toHaveLength(32);
  });
});
