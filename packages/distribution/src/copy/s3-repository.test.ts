import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import {
  createCertificateAuthority,
  createImage,
  createIndex,
  issueServerCertificate,
  temporaryFolder,
  writeOciLayout,
} from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HostBandwidth } from '../client/host-bandwidth.js';
import type { ProxySettings } from '../http/proxy.js';
import { OciLayout } from './oci-layout.js';
import { S3Repository } from './s3-repository.js';
import { S3Store } from './s3-store.js';
import { FakeS3 } from './testing/fake-s3.js';
import { runCopy } from './testing/run-copy.js';
import { Steps } from './testing/steps.js';

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
  s3.uploads.clear();
  s3.fault = () => undefined;
  s3.cut = () => undefined;
});

const repository = (name = 'org/app', of = store) => new S3Repository(of, name);
const toS3 = (reference: string, target = repository(), tag = 'v1') =>
  runCopy([{ source: layout, reference, targets: [{ target, tag }] }]);
/** Of an upload of several parts. */
const PART = 5 * 1024 * 1024;
const layerOf = (blob: (typeof large.blobs)[number] | undefined) => blob?.descriptor.digest ?? '';
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

  it.each([
    ['answers 500', 500],
    ['answers 429', 429],
    ['answers 503', 503],
    ['breaks off the connection', 0],
  ])('that %s now and then gets everything all the same', async (_, status) => {
    let count = 0;
    s3.fault = (request) => (isBlob(request) && (count += 1) % 3 === 1 ? status : undefined);
    await toS3('large');
    expect(count).toBeGreaterThan(3);
    expect((await repository().manifest('v1', { signal })).digest).toBe(large.descriptor.digest);
  });

  it('that breaks off in the middle of a blob is read on from there', async () => {
    await toS3('large');
    s3.cut = (request) => (request.includes('/blobs/') ? 4_000_000 : undefined);
    const back = new OciLayout(temporaryFolder('s3-back'));
    s3.requests.length = 0;
    await runCopy([{ source: repository(), reference: 'v1', targets: [{ target: back, tag: 'v1' }] }]);
    expect((await back.manifest('v1')).digest).toBe(large.descriptor.digest);
    const [, layer] = large.blobs;
    expect(s3.requests.filter((request) => request.startsWith('GET') && request.includes(layerOf(layer)))).toHaveLength(
      3,
    );
    s3.cut = (request) => (request.includes('/blobs/') ? 0 : undefined);
    const other = new OciLayout(temporaryFolder('s3-back'));
    await expect(
      runCopy([{ source: repository(), reference: 'v1', targets: [{ target: other, tag: 'v1' }] }]),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each([
    ['the parts that a killed run has sent', (bytes: Buffer) => bytes, 1],
    ['no part of other content', (bytes: Buffer) => Buffer.from(bytes).fill(7, 0, 1), 2],
    ['no part of another size', (bytes: Buffer) => bytes.subarray(1), 2],
  ])('keeps %s', async (_, change, sent) => {
    const [, layer] = large.blobs;
    const bytes = layer?.bytes ?? Buffer.alloc(0);
    const parts = new Map([
      [1, change(bytes.subarray(0, PART))],
      [2, bytes.subarray(PART, 2 * PART)],
    ]);
    s3.uploads.set('begun', { key: `mirror/v2/org/app/blobs/${layerOf(layer)}`, parts });
    s3.uploads.set('of another', { key: `mirror/v2/org/app/blobs/${layerOf(layer)}0`, parts: new Map() });
    await toS3('large');
    const puts = s3.requests.filter((request) => request.includes('partNumber='));
    expect(puts).toHaveLength(sent);
    expect(puts.every((request) => request.includes('uploadId=begun'))).toBe(true);
    expect([...s3.uploads.keys()]).toEqual(['of another']);
    expect(s3.objects.get(`mirror/v2/org/app/blobs/${layerOf(layer)}`)?.bytes.equals(bytes)).toBe(true);
  });

  it('that does not tell of what was begun gets all anew', async () => {
    s3.fault = (request) => (request.startsWith('GET') && request.includes('uploads') ? 403 : undefined);
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

  it('is written to and read no faster than its host may be', async () => {
    const steps = new Steps();
    const slow = new S3Store(store.bucket, {
      ...store.access,
      bandwidth: new HostBandwidth(new Map([[s3.host, 1_000_000]]), steps),
    });
    await toS3('large', repository('org/app', slow));
    // Some 11.5 MB, of which a quarter of a megabyte may go at once.
    expect([steps.secondsSlept > 11, steps.secondsSlept < 12]).toEqual([true, true]);
    const back = new OciLayout(temporaryFolder('s3-slow'));
    await runCopy([{ source: repository('org/app', slow), reference: 'v1', targets: [{ target: back, tag: 'v1' }] }]);
    expect([steps.secondsSlept > 22, steps.secondsSlept < 24]).toEqual([true, true]);
    await slow.close();
  });

  it('of no name is none', () => {
    expect(() => repository('../a')).toThrow('does not name a repository');
  });
});

describe('a bucket behind a proxy', () => {
  /** Nobody finds it but the proxy. */
  const HOST = 's3.invalid';
  const at = (host: string, proxy: ProxySettings) =>
    new S3Store(
      { host, region: 'us-east-1', bucket: 'mirror' },
      { insecure: () => true, credentials: () => [{ username: 'key', password: 'secret' }], proxy },
    );

  it('gets what is written to it, unless it is to be reached without', async () => {
    const httpProxy = `http://${s3.host}`;
    const proxied = at(`${HOST}:9000`, { httpProxy, noProxy: 'example.org' });
    await toS3('image', repository('org/app', proxied));
    await proxied.close();
    expect(s3.objects.get('mirror/v2/org/app/manifests/v1')?.bytes.equals(image.bytes)).toBe(true);
    const straight = at(`${HOST}:9000`, { httpProxy, noProxy: HOST });
    await expect(toS3('image', repository('org/app', straight))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await straight.close();
  });

  it('gets it through a tunnel by TLS', async () => {
    const dir = temporaryFolder('s3-proxy');
    const { certificate, key } = await issueServerCertificate(await createCertificateAuthority(dir), { dir });
    const tls = await FakeS3.start({ cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') });
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const [host = '', port] = tls.host.split(':');
      const upstream = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        one.on('error', () => other.destroy()).pipe(other);
      }
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const proxied = at(HOST, { httpsProxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    await toS3('image', repository('org/app', proxied));
    await proxied.close();
    proxy.close();
    await tls.stop();
    expect(new Set(asked)).toEqual(new Set([`${HOST}:443`]));
    expect(tls.objects.get('mirror/v2/org/app/manifests/v1')?.bytes.equals(image.bytes)).toBe(true);
  });
});
