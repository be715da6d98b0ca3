import { createImage, createIndex, temporaryFolder, writeOciLayout } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OciLayout } from './oci-layout.js';
import { S3Repository } from './s3-repository.js';
import { S3Store } from './s3-store.js';
import { FakeS3 } from './testing/fake-s3.js';
import { runCopy } from './testing/run-copy.js';

const image = createImage({ seed: 's3', layers: 2, size: 200_000 });
const large = createImage({ seed: 'large', layers: 1, size: 11 * 1024 * 1024 });
const list = createIndex([image, createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } })]);
const { signal } = new AbortController();

let layout: OciLayout;
let s3: FakeS3;
let store: S3Store;
beforeAll(async () => {
  const dir = temporaryFolder('s3-source');
  await writeOciLayout(dir, { image, large, list });
  layout = new OciLayout(dir);
  s3 = await FakeS3.start();
  store = new S3Store(
    { host: s3.host, region: 'us-east-1', bucket: 'mirror' },
    { insecure: () => true, credentials: () => [{ username: 'key', password: 'secret' }] },
  );
});
afterAll(async () => {
  await store.close();
  await s3.stop();
});
beforeEach(() => {
  s3.objects.clear();
  s3.requests.length = 0;
  s3.fault = () => undefined;
});

const repository = (name = 'org/app', of = store) => new S3Repository(of, name);
const toS3 = (reference: string, target = repository(), tag = 'v1') =>
  runCopy([{ source: layout, reference, targets: [{ target, tag }] }]);
const isBlob = (request: string) => request.includes('/blobs/') && request.startsWith('PUT');

describe('a bucket', () => {
  it('gets the layout of the reference', async () => {
    await toS3('image');
    const blobs = image.blobs.map(({ descriptor }) => `mirror/v2/org/app/blobs/${descriptor.digest}`);
    const manifests = [image.descriptor.digest, 'v1'].map((name) => `mirror/v2/org/app/manifests/${name}`);
    expect([...s3.objects.keys()].sort()).toEqual(['mirror/v2/', ...blobs, ...manifests].sort());
    expect(s3.objects.get('mirror/v2/')?.headers).toMatchObject({
      'x-amz-meta-x-docker-distribution-api-version': 'registry/2.0',
    });
    for (const name of manifests) {
      expect(s3.objects.get(name)?.headers['content-type']).toBe(image.descriptor.mediaType);
      expect(s3.objects.get(name)?.bytes.equals(image.bytes)).toBe(true);
    }
  });

  it('gives back what it got, lists with their images and blobs of several parts', async () => {
    await toS3('list');
    await toS3('large', repository(), 'v2');
    expect(s3.requests.filter((request) => request.includes('partNumber='))).toHaveLength(3);
    const tags: string[] = [];
    for await (const tag of repository().tags({ signal })) tags.push(tag);
    expect(tags).toEqual(['v1', 'v2']);
    const back = new OciLayout(temporaryFolder('s3-back'));
    for (const tag of tags) {
      await runCopy([{ source: repository(), reference: tag, targets: [{ target: back, tag }] }]);
    }
    expect((await back.manifest('v1')).digest).toBe(list.descriptor.digest);
    expect((await back.manifest('v2')).digest).toBe(large.descriptor.digest);
  });

  it('is asked for nothing that it has, and copies inside', async () => {
    await toS3('image');
    s3.requests.length = 0;
    expect((await toS3('image')).events).toEqual([]);
    const { events } = await runCopy([
      { source: repository(), reference: 'v1', targets: [{ target: repository('org/other'), tag: 'v1' }] },
    ]);
    expect(events.filter(({ type }) => type === 'mounted')).toHaveLength(2);
    expect((await repository('org/other').manifest('v1', { signal })).digest).toBe(image.descriptor.digest);
  });

  it('shows no blob that does not fit its digest, and keeps no upload', async () => {
    const [layer] = large.blobs.slice(-1);
    const lying = new S3Repository(store, 'org/lying');
    await toS3('large', lying);
    const key = `mirror/v2/org/lying/blobs/${layer?.descriptor.digest}`;
    const object = s3.objects.get(key);
    if (object !== undefined) object.bytes = Buffer.from(object.bytes).fill(1, 6_000_000, 6_000_010);
    s3.requests.length = 0;
    const copied = runCopy([
      { source: lying, reference: 'v1', targets: [{ target: new OciLayout(temporaryFolder('x')), tag: 'v' }] },
    ]);
    await expect(copied).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    const sink = await repository().writeBlob(
      { digest: layer?.descriptor.digest as never, size: 11_000_000 },
      { signal },
    );
    await sink.write(Buffer.alloc(11_000_000));
    await sink.abort();
    expect(s3.uploads.size).toBe(0);
    expect(s3.objects.has(`mirror/v2/org/app/blobs/${layer?.descriptor.digest}`)).toBe(false);
  });

  it('that fails now and then gets everything all the same', async () => {
    let count = 0;
    s3.fault = (request) => (isBlob(request) && (count += 1) % 3 === 1 ? 503 : undefined);
    await toS3('large');
    expect((await repository().manifest('v1', { signal })).digest).toBe(large.descriptor.digest);
  });

  it('that refuses tells so', async () => {
    s3.fault = () => 403;
    await expect(toS3('image')).rejects.toMatchObject({ name: 'RemoteError', code: 'DENIED' });
  });

  it('without an image tells so, and so does one with a manifest of other content', async () => {
    await expect(repository().manifest('v9', { signal })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await toS3('image');
    const object = s3.objects.get(`mirror/v2/org/app/manifests/${image.descriptor.digest}`);
    if (object !== undefined) object.bytes = Buffer.concat([object.bytes, Buffer.from(' ')]);
    await expect(repository().manifest(image.descriptor.digest, { signal })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  it('of no name is none', () => {
    expect(() => repository('../a')).toThrow('does not name a repository');
  });
});
