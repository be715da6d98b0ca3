import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobOf,
  createArtifact,
  createImage,
  createIndex,
  createManifest,
  digestOf,
  digestOfPulledBlob,
  errorCodesOf,
  getManifest,
  jsonOf,
  locationOf,
  MEDIA_TYPES,
  pushBlob,
  pushImage,
  pushManifest,
  pushTree,
  randomBytesOf,
  requestTo,
  startUpload,
  type GeneratedManifest,
  type HttpResponse,
  type Longshore,
} from '@longshore/testkit';
import { ask, Journey } from './journey.js';

const OCTETS = { 'content-type': 'application/octet-stream' };

/** Requests come to another worker each time, so this asks all of them. */
const SOME_TIMES = [1, 2, 3, 4, 5, 6];

function expectError(response: HttpResponse, status: number, code: string): void {
  expect(response.headers['content-type']).toMatch(/^application\/json/);
  expect({ status: response.status, codes: errorCodesOf(response) }).toEqual({ status, codes: [code] });
}

/** What other registries get wrong, one by one. */
describe('bugs that were seen on other registries', () => {
  const journey = new Journey();
  const root = journey.folder();
  let registry: Longshore;

  const blobStatus = async (repository: string, digest: string) =>
    (await ask(registry, `/v2/${repository}/blobs/${digest}`, 'HEAD')).status;
  const manifestStatus = async (repository: string, reference: string) =>
    (await getManifest(registry, repository, reference)).status;
  /** Uploads what is missing, as clients do: they ask first. Returns how many blobs were. */
  const pushMissing = async (repository: string, image: GeneratedManifest, tag: string) => {
    let missing = 0;
    for (const { descriptor, bytes } of image.blobs) {
      if ((await blobStatus(repository, descriptor.digest)) === 404) {
        await pushBlob(registry, repository, bytes);
        missing += 1;
      }
    }
    await pushManifest(registry, repository, image, tag);
    return missing;
  };
  const expectIntact = async (repository: string, image: GeneratedManifest, tag: string) => {
    for (const _ of SOME_TIMES) {
      expect((await getManifest(registry, repository, tag)).body.toString()).toBe(image.bytes.toString());
      for (const { descriptor } of image.blobs) {
        expect(await digestOfPulledBlob(registry, repository, descriptor.digest)).toBe(descriptor.digest);
      }
    }
  };
  const deleteManifest = async (repository: string, image: GeneratedManifest) => {
    const response = await ask(registry, `/v2/${repository}/manifests/${image.descriptor.digest}`, 'DELETE');
    expect(response.status).toBe(202);
  };

  beforeAll(async () => {
    await writeManyTags(root);
    registry = await journey.longshore({ root });
  });
  afterAll(() => journey.end());

  it('push, delete, collect garbage, push again: the layers are uploaded again and pulled whole', async () => {
    const image = await pushImage(registry, 'bug/collected', 'v1', { seed: 'collected', layers: 2, size: 300_000 });
    await expectIntact('bug/collected', image, 'v1');
    await deleteManifest('bug/collected', image);
    await registry.collectGarbage();
    for (const _ of SOME_TIMES) {
      for (const { descriptor } of image.blobs) {
        expect(await blobStatus('bug/collected', descriptor.digest)).toBe(404);
      }
      expect(await manifestStatus('bug/collected', 'v1')).toBe(404);
    }
    expect(await pushMissing('bug/collected', image, 'v1')).toBe(image.blobs.length);
    await expectIntact('bug/collected', image, 'v1');
  });

  it('collected content cannot be mounted into another repository', async () => {
    const image = await pushImage(registry, 'bug/mounted-from', 'v1', { seed: 'mounted', size: 100_000 });
    await expectIntact('bug/mounted-from', image, 'v1');
    await deleteManifest('bug/mounted-from', image);
    await registry.collectGarbage();
    for (const { descriptor, bytes } of image.blobs) {
      const mount = `/v2/bug/mounted-to/blobs/uploads/?mount=${descriptor.digest}&from=bug/mounted-from`;
      expect((await ask(registry, mount, 'POST')).status).toBe(202);
      await pushBlob(registry, 'bug/mounted-to', bytes);
    }
    await pushManifest(registry, 'bug/mounted-to', image, 'v1');
    await expectIntact('bug/mounted-to', image, 'v1');
  });

  it('a push after each of many collections is intact', async () => {
    const image = createImage({ seed: 'again and again', layers: 2, size: 10_000 });
    for (const round of [1, 2, 3]) {
      expect([round, await pushMissing('bug/rounds', image, 'v1')]).toEqual([round, image.blobs.length]);
      await expectIntact('bug/rounds', image, 'v1');
      await deleteManifest('bug/rounds', image);
      await registry.collectGarbage();
    }
  });

  it('children of an index without tags of their own survive the collection of what is untagged', async () => {
    const index = createIndex([createImage({ seed: 'child 1' }), createImage({ seed: 'child 2' })]);
    await pushTree(registry, 'bug/index', index, 'v1');
    const stray = await pushImage(registry, 'bug/index', undefined, { seed: 'stray' });
    await registry.collectGarbage('--delete-untagged');
    expect(await manifestStatus('bug/index', 'v1')).toBe(200);
    for (const child of index.children) {
      await expectIntact('bug/index', child, child.descriptor.digest);
    }
    expect(await manifestStatus('bug/index', stray.descriptor.digest)).toBe(404);
  });

  it('so do grandchildren, lists of the other family, and what refers to them', async () => {
    const leaf = createImage({ seed: 'leaf', mediaTypes: 'docker' });
    const nested = createIndex([createIndex([leaf], { mediaTypes: 'docker' })]);
    await pushTree(registry, 'bug/nested', nested, 'v1');
    const artifact = createArtifact({ content: Buffer.from('x'), artifactType: 'a/b', subject: leaf.descriptor });
    await pushTree(registry, 'bug/nested', artifact);
    await registry.collectGarbage('--delete-untagged');
    await expectIntact('bug/nested', leaf, leaf.descriptor.digest);
    await expectIntact('bug/nested', artifact, artifact.descriptor.digest);
  });

  it('a dry run names what would go and deletes nothing', async () => {
    const image = await pushImage(registry, 'bug/dry-run', undefined, { seed: 'dry run' });
    const { stdout } = await registry.collectGarbage('--dry-run', '--delete-untagged');
    expect(stdout).toContain(image.descriptor.digest);
    await expectIntact('bug/dry-run', image, image.descriptor.digest);
  });

  it.each(['sha256:zz', 'sha256:abc', 'sha256:', `sha256:${'G'.repeat(64)}`, `md5:${'a'.repeat(32)}`])(
    'a manifest asked by the malformed digest %s is DIGEST_INVALID',
    async (digest) => {
      expectError(await ask(registry, `/v2/bug/digest/manifests/${digest}`), 400, 'DIGEST_INVALID');
    },
  );

  it('a catalogue page of -1 entries is refused', async () => {
    expectError(await ask(registry, '/v2/_catalog?n=-1'), 400, 'PAGINATION_NUMBER_INVALID');
  });

  it('a range past the end is answered with the size', async () => {
    const digest = await pushBlob(registry, 'bug/range', randomBytesOf('range', 1000));
    const headers = { range: 'bytes=5000-' };
    const response = await requestTo(registry, `/v2/bug/range/blobs/${digest}`, { headers });
    expectError(response, 416, 'RANGE_INVALID');
    expect(response.headers['content-range']).toBe('bytes */1000');
  });

  it('a tag is deleted, and only the tag', async () => {
    const image = await pushImage(registry, 'bug/tag', 'one', { seed: 'tag' });
    await pushManifest(registry, 'bug/tag', image, 'two');
    expect((await ask(registry, '/v2/bug/tag/manifests/one', 'DELETE')).status).toBe(202);
    for (const _ of SOME_TIMES) {
      expectError(await getManifest(registry, 'bug/tag', 'one'), 404, 'MANIFEST_UNKNOWN');
      expect(await manifestStatus('bug/tag', 'two')).toBe(200);
      expect(await manifestStatus('bug/tag', image.descriptor.digest)).toBe(200);
    }
    expect(jsonOf(await ask(registry, '/v2/bug/tag/tags/list'))).toEqual({ name: 'bug/tag', tags: ['two'] });
  });

  it.each(['/v2/Foo/tags/list', '/v2/Foo/manifests/latest', '/v2/a/B/blobs/uploads/'])(
    'the repository name with a capital in %s is NAME_INVALID',
    async (path) => {
      const method = path.endsWith('uploads/') ? 'POST' : 'GET';
      expectError(await ask(registry, path, method), 400, 'NAME_INVALID');
    },
  );

  it('a blob is uploaded in one request', async () => {
    const bytes = randomBytesOf('one request', 5000);
    const path = `/v2/bug/single/blobs/uploads/?digest=${digestOf(bytes)}`;
    const response = await requestTo(registry, path, { method: 'POST', headers: OCTETS, body: bytes });
    expect(response.status).toBe(201);
    expect(response.headers['docker-content-digest']).toBe(digestOf(bytes));
    expect(locationOf(response)).toBe(`/v2/bug/single/blobs/${digestOf(bytes)}`);
    expect(await digestOfPulledBlob(registry, 'bug/single', digestOf(bytes))).toBe(digestOf(bytes));
  });

  it('a manifest with a subject is answered with OCI-Subject and listed', async () => {
    const image = await pushImage(registry, 'bug/subject', 'v1', { seed: 'subject' });
    const artifact = createArtifact({ content: Buffer.from('s'), artifactType: 'a/b', subject: image.descriptor });
    const response = await pushTree(registry, 'bug/subject', artifact);
    expect(response.headers['oci-subject']).toBe(image.descriptor.digest);
    const { mediaType, digest, size } = artifact.descriptor;
    for (const _ of SOME_TIMES) {
      expect(jsonOf(await ask(registry, `/v2/bug/subject/referrers/${image.descriptor.digest}`))).toEqual({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.oci.index,
        manifests: [{ mediaType, digest, size, artifactType: 'a/b' }],
      });
    }
  });

  it('so is an index with a subject, and a manifest whose subject is absent', async () => {
    const absent = createImage({ seed: 'absent subject' });
    const { platform: _, ...subject } = absent.descriptor;
    const index = createIndex([createImage({ seed: 'indexed' })], { subject, artifactType: 'a/index' });
    const artifact = createArtifact({ content: Buffer.from('s'), artifactType: 'a/b', subject });
    for (const manifest of [index, artifact]) {
      const response = await pushTree(registry, 'bug/no-subject', manifest);
      expect(response.headers['oci-subject']).toBe(subject.digest);
    }
    const answer = jsonOf(await ask(registry, `/v2/bug/no-subject/referrers/${subject.digest}`));
    const { manifests } = answer as { manifests: { artifactType: string }[] };
    expect(manifests.map(({ artifactType }) => artifactType).sort()).toEqual(['a/b', 'a/index']);
  });

  it('the referrers of an unknown manifest are an empty index', async () => {
    const response = await ask(registry, `/v2/bug/nothing/referrers/sha256:${'0'.repeat(64)}`);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe(MEDIA_TYPES.oci.index);
    expect(jsonOf(response)).toEqual({ schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests: [] });
  });

  it('a closing PUT with a chunk out of order is refused, and the session goes on', async () => {
    const bytes = randomBytesOf('out of order', 300);
    const digest = digestOf(bytes);
    const session = await startUpload(registry, 'bug/order');
    const chunk = (range: string) => ({ ...OCTETS, 'content-range': range });
    const first = await requestTo(registry, session, {
      method: 'PATCH',
      headers: chunk('0-99'),
      body: bytes.subarray(0, 100),
    });
    expect(first.status).toBe(202);
    const closing = locationOf(first, { digest });
    const early = { method: 'PUT', headers: chunk('200-299'), body: bytes.subarray(200) };
    expectError(await requestTo(registry, closing, early), 416, 'RANGE_INVALID');
    const status = await ask(registry, locationOf(first));
    expect([status.status, status.headers.range]).toEqual([204, '0-99']);
    const right = { method: 'PUT', headers: chunk('100-299'), body: bytes.subarray(100) };
    expect((await requestTo(registry, locationOf(status, { digest }), right)).status).toBe(201);
    expect(await digestOfPulledBlob(registry, 'bug/order', digest)).toBe(digest);
  });

  it('a chunk out of order is refused, and so is the PUT of what is incomplete', async () => {
    const bytes = randomBytesOf('gap', 300);
    const session = await startUpload(registry, 'bug/gap');
    const headers = { ...OCTETS, 'content-range': '100-299' };
    const early = await requestTo(registry, session, { method: 'PATCH', headers, body: bytes.subarray(100) });
    expectError(early, 416, 'RANGE_INVALID');
    const joint = session.includes('?') ? '&' : '?';
    const closing = `${session}${joint}digest=${digestOf(bytes)}`;
    const late = await requestTo(registry, closing, { method: 'PUT', headers, body: bytes.subarray(100) });
    expectError(late, 416, 'RANGE_INVALID');
  });

  it('a SHA-512 blob is known by its SHA-512 digest', async () => {
    const bytes = randomBytesOf('sha512', 4000);
    const digest = digestOf(bytes, 'sha512');
    const path = `/v2/bug/sha512/blobs/uploads/?digest=${digest}`;
    const pushed = await requestTo(registry, path, { method: 'POST', headers: OCTETS, body: bytes });
    expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([201, digest]);
    await pushBlob(registry, 'bug/sha512-put', bytes, digest);
    for (const repository of ['bug/sha512', 'bug/sha512-put']) {
      const response = await ask(registry, `/v2/${repository}/blobs/${digest}`, 'HEAD');
      expect([response.status, response.headers['docker-content-digest']]).toEqual([200, digest]);
      expect(await digestOfPulledBlob(registry, repository, digest)).toBe(digest);
    }
    const mount = await ask(registry, `/v2/bug/other/blobs/uploads/?mount=${digest}&from=bug/sha512`, 'POST');
    expect(mount.status).toBe(201);
    expect(await digestOfPulledBlob(registry, 'bug/other', digest)).toBe(digest);
  });

  it('a manifest is stored under its SHA-512 digest, with SHA-512 layers', async () => {
    const layer = randomBytesOf('sha512 layer', 100);
    const blob = { mediaType: MEDIA_TYPES.oci.layer, digest: digestOf(layer, 'sha512'), size: layer.length };
    await pushBlob(registry, 'bug/sha512-manifest', layer, blob.digest);
    const config = blobOf(Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}'), MEDIA_TYPES.oci.config);
    const image = createManifest('oci', config, [blob]);
    const digest = digestOf(image.bytes, 'sha512');
    const response = await pushTree(registry, 'bug/sha512-manifest', image, digest);
    expect(response.headers['docker-content-digest']).toBe(digest);
    const read = await getManifest(registry, 'bug/sha512-manifest', digest);
    expect([read.status, read.headers['docker-content-digest']]).toEqual([200, digest]);
    expect(read.body.toString()).toBe(image.bytes.toString());
  });

  it.each([
    ['oci', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'],
    ['docker', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'],
  ] as const)('a manifest of the %s family needs no layers that may not be distributed', async (family, mediaType) => {
    const foreign = {
      mediaType,
      digest: digestOf(Buffer.from(`foreign ${family}`)),
      size: 1234,
      urls: ['https://layers.example/foreign'],
    };
    const config = blobOf(Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}'), MEDIA_TYPES[family].config);
    const image = createManifest(family, config, [
      blobOf(randomBytesOf('own', 10), MEDIA_TYPES[family].layer),
      foreign,
    ]);
    await pushTree(registry, 'bug/foreign', image, family);
    expect((await getManifest(registry, 'bug/foreign', family)).body.toString()).toBe(image.bytes.toString());
  });

  it('a page of many tags starts behind the last one and links to the next', async () => {
    const all = MANY_TAGS.toSorted();
    const from = all.indexOf('t4000') + 1;
    const response = await ask(registry, '/v2/bug/many-tags/tags/list?n=100&last=t4000');
    expect(jsonOf(response)).toEqual({ name: 'bug/many-tags', tags: all.slice(from, from + 100) });
    const next = /^<([^>]*)>; rel="next"$/.exec(String(response.headers.link))?.[1] ?? '';
    const following = await ask(registry, next.replace(/^https?:\/\/[^/]+/, ''));
    expect(jsonOf(following)).toMatchObject({ tags: all.slice(from + 100, from + 200) });
    const whole = await ask(registry, '/v2/bug/many-tags/tags/list');
    expect((jsonOf(whole) as { tags: string[] }).tags.slice(0, 1000)).toEqual(all.slice(0, 1000));
  });
});

const MANY_TAGS = Array.from({ length: 5001 }, (_, i) => `t${i}`);

/** Writes a repository of one image and many tags as the storage layout has it: quicker than 5001 requests. */
async function writeManyTags(root: string): Promise<void> {
  const image = createImage({ seed: 'many tags' });
  const base = join(root, 'docker/registry/v2');
  const repository = join(base, 'repositories/bug/many-tags');
  const write = async (path: string, content: string | Buffer) => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
  };
  const pathOf = (digest: string) => digest.replace(':', '/');
  for (const { descriptor, bytes } of [image, ...image.blobs]) {
    const hex = descriptor.digest.slice('sha256:'.length);
    await write(join(base, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), bytes);
    await write(join(repository, '_layers', pathOf(descriptor.digest), 'link'), descriptor.digest);
  }
  const { digest } = image.descriptor;
  await write(join(repository, '_manifests/revisions', pathOf(digest), 'link'), digest);
  for (const tag of MANY_TAGS) {
    await write(join(repository, '_manifests/tags', tag, 'current/link'), digest);
    await write(join(repository, '_manifests/tags', tag, 'index', pathOf(digest), 'link'), digest);
  }
}
