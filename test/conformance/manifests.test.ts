import { describe, expect, it } from 'vitest';
import { createImage, createIndex, createManifest, digestOf, jsonOf, locationOf } from '@longshore/testkit';
import { blobOf, MEDIA_TYPES, pushBlob, pushImage, pushManifest, pushTree } from '@longshore/testkit';
import type { HttpResponse } from '@longshore/testkit';
import { DATA_SETS, type DataSet, type SetManifest } from './data-sets.js';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { del, expectError, get, head, put, putAfterLeave } from './requests.js';
import { postWhole, streamOf } from './uploading.js';

const { manifest: IMAGE, index: INDEX } = MEDIA_TYPES.oci;
/** Two lines, as some clients send them: Node joins them, a proxy may not. */
const ACCEPT_OCI = { accept: [INDEX, IMAGE] };
const MISSING = digestOf(Buffer.from('missing'));

describeRegistry('manifests', {}, (registry) => {
  describe.each(DATA_SETS.map((set) => [set.name, set] as const))('%s', (_name, set) => lifeOf(set, registry));
  describe('a push', () => pushes(registry));
  describe('a pull', () => pulls(registry));
});

describeRegistry(
  'indexes of repositories that may be sparse',
  { longshore: { manifests: { sparse: ['mirror/**'] } } },
  (registry) => {
    const platform = (architecture: string) => ({ os: 'linux', architecture });
    const [mirrored, absent] = ['amd64', 'arm64'].map((name) => createImage({ seed: name, platform: platform(name) }));
    const index = createIndex([mirrored!, absent!]);
    const path = (repository: string, reference: string) => `/v2/${repository}/manifests/${reference}`;
    const pushIndex = (repository: string) =>
      put(registry, path(repository, 'v1'), index.bytes, { 'content-type': INDEX });

    it('may list what was not mirrored, which may come later', async () => {
      await pushTree(registry, 'mirror/team/app', mirrored!);
      expect((await pushIndex('mirror/team/app')).status).toBe(201);
      expect((await get(registry, path('mirror/team/app', 'v1'))).body.equals(index.bytes)).toBe(true);
      const { digest } = absent!.descriptor;
      expectError(await get(registry, path('mirror/team/app', digest)), 404, 'MANIFEST_UNKNOWN');
      await pushTree(registry, 'mirror/team/app', absent!);
      expect((await get(registry, path('mirror/team/app', digest))).status).toBe(200);
    });

    it('may not in others', async () => {
      await pushTree(registry, 'team/app', mirrored!);
      expectError(await pushIndex('team/app'), 400, 'MANIFEST_BLOB_UNKNOWN');
    });
  },
  [1],
);

/** Pushes a data set, finds it in every way, and deletes it piece by piece. */
function lifeOf(set: DataSet, registry: RegistryUnderTest): void {
  const repository = 'data/set';
  const { blobs, manifests } = set;
  const tags = manifests.flatMap((manifest) => manifest.tags.map((tag) => ({ tag, manifest })));
  const references = [...tags.map(({ tag, manifest }) => ({ name: tag, manifest })), ...byDigest(manifests)];
  const path = (name: string) => `/v2/${repository}/manifests/${name}`;

  it('is pushed', async () => {
    for (const [digest, bytes] of blobs) {
      expect((await postWhole(registry, repository, bytes, digest)).status).toBe(201);
    }
    for (const manifest of manifests) {
      const parameters = set.tagParameters ? manifest.tags : [];
      const query = new URLSearchParams(parameters.map((tag): [string, string] => ['tag', tag]));
      const response = await putManifest(`${path(manifest.digest)}?${query.toString()}`, manifest);
      await expectPushed(response, manifest);
      expect(listOf(response.headers['oci-tag'])).toEqual(parameters);
    }
    if (set.tagParameters) return;
    for (const { tag, manifest } of tags) await expectPushed(await putManifest(path(tag), manifest), manifest);
  });

  it('is listed by its tags', async () => {
    const names = tags.map(({ tag }) => tag).sort();
    await registry.everyProcess(async () => {
      const { status, body } = await get(registry, `/v2/${repository}/tags/list`);
      expect([status, JSON.parse(body.toString())]).toEqual([200, { name: repository, tags: names }]);
      for (const [index, last] of names.entries()) {
        const rest = jsonOf(await get(registry, `/v2/${repository}/tags/list?last=${last}`));
        expect(rest).toEqual({ name: repository, tags: names.slice(index + 1) });
      }
    });
  });

  it('is found by every tag and digest', async () => {
    await registry.everyProcess(async () => {
      for (const { name, manifest } of references) {
        const asked = await head(registry, path(name), ACCEPT_OCI);
        expectManifest(asked, manifest);
        expect(asked.body.length).toBe(0);
        const pulled = await get(registry, path(name), ACCEPT_OCI);
        expectManifest(pulled, manifest);
        expect(pulled.body.equals(manifest.bytes)).toBe(true);
      }
      for (const [digest, bytes] of blobs) {
        const blob = await get(registry, `/v2/${repository}/blobs/${digest}`);
        expect([blob.status, blob.body.equals(bytes)]).toEqual([200, true]);
      }
    });
  });

  const subjects = new Set(manifests.flatMap(({ subject }) => subject ?? []));
  if (subjects.size > 0) {
    it('is listed as what refers to its subject', async () => {
      await registry.everyProcess(async () => {
        for (const subject of subjects) {
          const about = manifests.filter((manifest) => manifest.subject === subject);
          const listed = await get(registry, `/v2/${repository}/referrers/${subject}`);
          expectReferrers(listed, about);
          expect(listed.headers).not.toHaveProperty('oci-filters-applied');
          for (const type of new Set(about.map(({ referrer }) => referrer?.artifactType ?? ''))) {
            const query = `?artifactType=${encodeURIComponent(type)}`;
            const filtered = await get(registry, `/v2/${repository}/referrers/${subject}${query}`);
            expectReferrers(
              filtered,
              type === '' ? about : about.filter(({ referrer }) => referrer?.artifactType === type),
            );
            if (type !== '') expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
          }
        }
      });
    });
  }

  it('is deleted', async () => {
    for (const { tag } of tags) {
      expect((await del(registry, path(tag))).status).toBe(202);
      await registry.everyProcess(async () => expect((await head(registry, path(tag))).status).toBe(404));
    }
    for (const { digest } of [...manifests].reverse()) {
      expect((await del(registry, path(digest))).status).toBe(202);
      await registry.everyProcess(async () => expect((await head(registry, path(digest))).status).toBe(404));
    }
    for (const digest of blobs.keys()) {
      const blob = `/v2/${repository}/blobs/${digest}`;
      expect((await del(registry, blob)).status).toBe(202);
      await registry.everyProcess(async () => expect((await head(registry, blob)).status).toBe(404));
    }
    for (const subject of subjects) expectReferrers(await get(registry, `/v2/${repository}/referrers/${subject}`), []);
  });

  function putManifest(to: string, manifest: SetManifest): Promise<HttpResponse> {
    return put(registry, to, manifest.bytes, { 'content-type': manifest.mediaType });
  }

  async function expectPushed(response: HttpResponse, manifest: SetManifest): Promise<void> {
    expect([response.status, response.body.toString()]).toEqual([201, '']);
    expect(response.headers['docker-content-digest']).toBe(manifest.digest);
    expect(response.headers['oci-subject']).toBe(manifest.subject);
    expect(response.headers.location).toBe(`${registry.url}${path(manifest.digest)}`);
    const pulled = await get(registry, locationOf(response), ACCEPT_OCI);
    expectManifest(pulled, manifest);
    expect(pulled.body.equals(manifest.bytes)).toBe(true);
  }
}

function expectManifest({ status, headers }: HttpResponse, { mediaType, digest, bytes }: SetManifest): void {
  expect([status, headers['content-type'], headers['content-length']]).toEqual([200, mediaType, String(bytes.length)]);
  expect([headers['docker-content-digest'], headers.etag]).toEqual([digest, `"${digest}"`]);
}

function expectReferrers(response: HttpResponse, manifests: SetManifest[]): void {
  const listed = manifests.map(({ mediaType, digest, bytes, referrer }) => ({
    ...{ mediaType, digest, size: bytes.length },
    ...(referrer?.artifactType !== undefined && { artifactType: referrer.artifactType }),
    ...(referrer?.annotations !== undefined && { annotations: referrer.annotations }),
  }));
  listed.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  expect([response.status, response.headers['content-type']]).toEqual([200, INDEX]);
  expect(jsonOf(response)).toEqual({ schemaVersion: 2, mediaType: INDEX, manifests: listed });
}

const byDigest = (manifests: SetManifest[]) => manifests.map((manifest) => ({ name: manifest.digest, manifest }));

/** The values of a header that was sent several times; Node joins them. */
function listOf(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((value) => value.split(/\s*,\s*/));
}

function pushes(registry: RegistryUnderTest): void {
  const image = createImage({ seed: 'pushes' });
  const path = (reference: string) => `/v2/push/image/manifests/${reference}`;
  const push = (body: string | Buffer, type: string | undefined = IMAGE, reference = 'v1') =>
    put(registry, path(reference), body, type === '' ? {} : { 'content-type': type });
  const variant = (fields: object) =>
    JSON.stringify({ ...(JSON.parse(image.bytes.toString()) as object), note: 'variant', ...fields });

  it('by another tag leaves the first', async () => {
    await pushTree(registry, 'push/image', image, 'v1');
    await pushManifest(registry, 'push/image', image, 'v2');
    for (const tag of ['v1', 'v2']) expect((await get(registry, path(tag))).body.equals(image.bytes)).toBe(true);
  });

  it('moves a tag; what it pointed to stays', async () => {
    const next = await pushImage(registry, 'push/moved', 'latest', { seed: 'next' });
    const other = await pushImage(registry, 'push/moved', 'latest', { seed: 'other' });
    await registry.everyProcess(async () => {
      const { headers } = await head(registry, '/v2/push/moved/manifests/latest');
      expect(headers['docker-content-digest']).toBe(other.descriptor.digest);
      expect((await head(registry, `/v2/push/moved/manifests/${next.descriptor.digest}`)).status).toBe(200);
    });
  });

  it('of the same content again is as the first', async () => {
    for (const _ of [1, 2]) expect((await push(image.bytes)).status).toBe(201);
  });

  it('with parameters in the content type', async () => {
    expect((await push(image.bytes, `${IMAGE}; charset=utf-8`)).status).toBe(201);
  });

  it.each(['oci', 'docker'] as const)('of an image and an index of %s types', async (mediaTypes) => {
    const types = MEDIA_TYPES[mediaTypes];
    const child = createImage({ seed: `family ${mediaTypes}`, mediaTypes });
    await pushTree(registry, 'push/family', createIndex([child], { mediaTypes }), mediaTypes);
    expect((await get(registry, `/v2/push/family/manifests/${mediaTypes}`)).headers['content-type']).toBe(types.index);
    const pulled = await get(registry, `/v2/push/family/manifests/${child.descriptor.digest}`);
    expect(pulled.headers['content-type']).toBe(types.manifest);
  });

  it.each([
    ['a wrong digest', () => push(image.bytes, IMAGE, MISSING), 'DIGEST_INVALID'],
    ['a digest that is none', () => push(image.bytes, IMAGE, 'sha256:baddigeststring'), 'DIGEST_INVALID'],
    [
      'white space behind the body',
      () => push(`${variant({})}  `, IMAGE, digestOf(Buffer.from(variant({})))),
      'DIGEST_INVALID',
    ],
    ['a body that is no JSON', () => push('{"schemaVersion": 2,', IMAGE), 'MANIFEST_INVALID'],
    ['no body', () => push('', IMAGE), 'MANIFEST_INVALID'],
    ['no content type', () => push(image.bytes, ''), 'MANIFEST_INVALID'],
    ['another content type than its own', () => push(image.bytes, INDEX), 'MANIFEST_INVALID'],
    [
      'a content type that is no manifest',
      () => push(variant({ mediaType: undefined }), 'text/json'),
      'MANIFEST_INVALID',
    ],
    ['a tag that is none', () => push(image.bytes, IMAGE, '-v1'), 'TAG_INVALID'],
    ['a tag that is too long', () => push(image.bytes, IMAGE, 'v'.repeat(129)), 'TAG_INVALID'],
    ['a bad tag parameter', () => push(image.bytes, IMAGE, `${image.descriptor.digest}?tag=a&tag=.b`), 'TAG_INVALID'],
    ['a digest of an unknown algorithm inside', () => push(variant({ subject: unknownSubject() })), 'MANIFEST_INVALID'],
    ['two keys of one name', () => push(`{"layers":[],${variant({}).slice(1)}`), 'MANIFEST_INVALID'],
  ])('is refused for %s', async (_case, attempt, code) => {
    expectError(await attempt(), 400, code);
  });

  it('is refused for a layer that is not there, which it names', async () => {
    const layer = { mediaType: MEDIA_TYPES.oci.layer, digest: MISSING, size: 7 };
    const detail = expectError(await push(variant({ layers: [layer] })), 400, 'MANIFEST_BLOB_UNKNOWN');
    expect(detail).toEqual({ digest: MISSING });
  });

  it('is refused for a layer that only another repository has', async () => {
    const elsewhere = await pushImage(registry, 'push/elsewhere', 'v1', { seed: 'elsewhere' });
    expectError(await push(elsewhere.bytes), 400, 'MANIFEST_BLOB_UNKNOWN');
  });

  it('is refused for a layer of another size, with both', async () => {
    const blob = blobOf(Buffer.from('1234567'));
    const digest = await pushBlob(registry, 'push/image', blob.bytes);
    const detail = expectError(
      await push(variant({ layers: [{ ...blob.descriptor, size: 8 }] })),
      400,
      'MANIFEST_INVALID',
    );
    expect(detail).toEqual({ digest, stated: 8, actual: 7 });
  });

  it('of an index is refused for a child that is not there', async () => {
    const index = createIndex([createImage({ seed: 'absent child' })]);
    const response = await push(index.bytes, INDEX);
    expect(expectError(response, 400, 'MANIFEST_BLOB_UNKNOWN')).toEqual({
      digest: index.children[0]?.descriptor.digest,
    });
  });

  it('is refused when it is too large, whether it says so or not', async () => {
    const large = Buffer.from(variant({ annotations: { large: 'A'.repeat(4 * 2 ** 20) } }));
    for (const body of [large, streamOf(large)]) {
      expectError(await put(registry, path('large'), body, { 'content-type': IMAGE }), 413, 'MANIFEST_INVALID');
    }
    const asked = await putAfterLeave(registry, path('large'), large, { 'content-type': IMAGE });
    expect(asked).toEqual({ leave: false, status: 413 });
    expect((await head(registry, path('large'))).status).toBe(404);
  });

  it('is refused for schema 1', async () => {
    const body = JSON.stringify({ schemaVersion: 1, name: 'push/image', tag: 'v1', fsLayers: [], history: [] });
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    expectError(await push(body, type), 400, 'MANIFEST_INVALID');
  });

  it("of Docker's types needs its media type inside, as nobody could tell it later", async () => {
    const docker = createImage({ seed: 'untyped docker', mediaTypes: 'docker' });
    for (const blob of docker.blobs) await pushBlob(registry, 'push/image', blob.bytes);
    const { mediaType, ...untyped } = JSON.parse(docker.bytes.toString()) as { mediaType: string };
    expectError(await push(JSON.stringify(untyped), mediaType), 400, 'MANIFEST_INVALID');
  });

  it('takes ten tags and more at once, but not any number', async () => {
    const tags = Array.from({ length: 25 }, (_, i) => `at-once-${i}`);
    const query = (names: string[]) => `${image.descriptor.digest}?${names.map((name) => `tag=${name}`).join('&')}`;
    const response = await push(image.bytes, IMAGE, query(tags));
    expect([response.status, listOf(response.headers['oci-tag'])]).toEqual([201, tags]);
    for (const tag of tags) expect((await head(registry, path(tag))).status).toBe(200);
    const many = Array.from({ length: 101 }, (_, i) => `many-${i}`);
    expectError(await push(image.bytes, IMAGE, query(many)), 414, 'TAG_INVALID');
    expect((await head(registry, path('many-0'))).status).toBe(404);
  });

  it('tells of layers that are elsewhere only when they say so', async () => {
    const config = blobOf(Buffer.from('{"foreign":true}'), MEDIA_TYPES.oci.config);
    const layer = { mediaType: MEDIA_TYPES.docker.layer, digest: MISSING, size: 5, urls: ['https://layers.example/5'] };
    const foreign = createManifest('oci', config, [layer]);
    await pushTree(registry, 'push/foreign', foreign, 'v1');
    expect((await head(registry, '/v2/push/foreign/manifests/v1')).status).toBe(200);
  });
}

const unknownSubject = () => ({ mediaType: IMAGE, digest: `md5:${'0'.repeat(32)}`, size: 1 });

function pulls(registry: RegistryUnderTest): void {
  const image = createImage({ seed: 'pulls' });
  const { digest } = image.descriptor;
  const path = (reference: string) => `/v2/pull/image/manifests/${reference}`;

  it('needs no Accept header', async () => {
    await pushTree(registry, 'pull/image', image, 'v1');
    const { status, headers } = await get(registry, path('v1'));
    expect([status, headers['content-type']]).toEqual([200, IMAGE]);
  });

  it.each([
    ['*/*', 200],
    ['application/*', 200],
    [`${IMAGE};q=0.5, text/html`, 200],
    [`text/html, */*;q=0.1`, 200],
    ['', 200],
    [INDEX, 404],
    [`${MEDIA_TYPES.docker.manifest}, ${MEDIA_TYPES.docker.index}`, 404],
    [`${IMAGE};q=0`, 404],
  ])('that accepts "%s" is answered %i', async (accept, status) => {
    const response = await get(registry, path('v1'), { accept });
    if (status === 404) expectError(response, 404, 'MANIFEST_UNKNOWN');
    else expect([response.status, response.body.equals(image.bytes)]).toEqual([status, true]);
    expect((await head(registry, path('v1'), { accept })).status).toBe(status);
  });

  it.each([`"${digest}"`, digest, `W/"${digest}"`, `"other", "${digest}"`, '*'])(
    'of what the client has (%s) brings no content',
    async (etag) => {
      for (const reference of ['v1', digest]) {
        const response = await get(registry, path(reference), { 'if-none-match': etag });
        expect([response.status, response.body.length]).toEqual([304, 0]);
        expect(response.headers.etag).toBe(`"${digest}"`);
      }
    },
  );

  it('of what the client has not brings it', async () => {
    expect((await get(registry, path('v1'), { 'if-none-match': `"${MISSING}"` })).status).toBe(200);
  });

  it.each([
    ['an unknown tag', 'none', 'unknown tag=none'],
    ['an unknown digest', MISSING, `unknown revision=${MISSING}`],
    ['a name that can be no tag', '-none', 'unknown tag=-none'],
  ])('of %s is answered 404', async (_case, reference, detail) => {
    expect(expectError(await get(registry, path(reference)), 404, 'MANIFEST_UNKNOWN')).toBe(detail);
    const asked = await head(registry, path(reference));
    expect([asked.status, asked.body.length]).toEqual([404, 0]);
  });

  it('of a digest that is none is answered 400', async () => {
    for (const reference of ['sha256:baddigeststring', 'sha256:zz', `md5:${'0'.repeat(32)}`]) {
      expectError(await get(registry, path(reference)), 400, 'DIGEST_INVALID');
    }
  });

  it('of a blob as a manifest is answered 404', async () => {
    const [config] = image.blobs;
    expectError(await get(registry, path(config?.descriptor.digest ?? '')), 404, 'MANIFEST_UNKNOWN');
  });

  it('of a manifest that only another repository has is answered 404', async () => {
    expectError(await get(registry, `/v2/pull/other/manifests/${digest}`), 404, 'MANIFEST_UNKNOWN');
  });
}
