import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { KubeClient, type KubeObject } from '@longshore/kube';
import { MediaType } from '@longshore/oci';
import { FilesystemDriver } from '@longshore/storage';
import {
  createCertificateAuthority,
  errorCodesOf,
  getManifest,
  issueServerCertificate,
  jsonOf,
  pushImage,
  readAuthority,
  requestTo,
  startDockerRegistry,
  temporaryFolder,
  UpstreamProxy,
  writeHtpasswd,
  type DockerRegistry,
  type GeneratedManifest,
  type HttpResponse,
  type Target,
} from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../config/index.js';
import { createLogger, createMetrics, limitedBy } from '../observe/index.js';
import { joinCluster } from '../server/join-cluster.js';
import { createRegistry, type Registry } from '../server/registry.js';
import { FakeClusterApi } from '../testing/fake-cluster-api.js';
import { snapshotOf } from '../testing/snapshot.js';

const LAYER_BYTES = 600_000;

let upstream: DockerRegistry;
let image: GeneratedManifest;
beforeAll(async () => {
  upstream = await startDockerRegistry({ root: temporaryFolder('upstream') });
  image = await pushImage({ url: upstream.url }, 'team/app', 'v1', { seed: 'app', size: LAYER_BYTES });
});
afterAll(() => upstream.stop());

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

const digest = () => image.descriptor.digest;
const layer = () => image.blobs[1]!;

async function proxyTo(url?: string): Promise<UpstreamProxy> {
  const proxy = await UpstreamProxy.start(url);
  ended.push(() => proxy.stop());
  return proxy;
}

interface Options {
  api?: FakeClusterApi;
  root?: string;
  config?: string;
}

interface Running extends Target {
  api: FakeClusterApi;
  root: string;
  driver: FilesystemDriver;
  registry: Registry;
  host: string;
}

const ALLOW = 'longshore: {pullthrough: {allow: ["127.0.0.0/8"]}}';

/** A registry that belongs to a cluster, as one process of those that share a storage. */
async function start({ api = new FakeClusterApi(), root = temporaryFolder('registry'), config = '' }: Options = {}) {
  const text = `version: 0.1\nstorage: {filesystem: {rootdirectory: "${root}"}CACHE}\nauth: openshift\nhealth: {storagedriver: {enabled: false}}\n`;
  const storage = config.includes('readonly') ? ', maintenance: {readonly: {enabled: true}}' : '';
  const rest = config.replace('readonly', '');
  const settings = loadConfig({
    text: `${text.replace('CACHE', storage)}${rest}\n${rest.includes('longshore:') ? '' : ALLOW}`,
    env: { REGISTRY_LONGSHORE_AUTH_TOKENS_ENABLED: 'false' }, // who asks here is nobody, and need not say so
  });
  const driver = new FilesystemDriver({ rootDirectory: root });
  const parts = {
    secret: Buffer.alloc(32, root),
    log: createLogger({ level: 'error' }),
    metrics: createMetrics({ runtime: false }),
  };
  const stop = new AbortController();
  const client = new KubeClient(api, { retry: { attempts: 1 } });
  const who = await joinCluster(settings, { ...parts, signal: stop.signal, client });
  const registry = createRegistry(settings, {
    ...parts,
    ...who,
    driver,
    limiter: limitedBy(undefined),
    renderMetrics: () => parts.metrics.render(),
  });
  const server: Server = createServer(registry.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ended.push(async () => {
    stop.abort();
    server.closeAllConnections();
    server.close();
    await registry.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { api, root, driver, registry, host, url: `http://${host}` } satisfies Running;
}

/** A stream `ns/app` whose tag `v1` is the image of an upstream host. */
function importFrom(api: FakeClusterApi, host: string, insecure = true, repository = 'team/app'): void {
  api.setStream('ns/app', insecure, [[`${host}/${repository}@${digest()}`, digest()]]);
}

const getBlob = (target: Target, blob = layer(), headers = {}) =>
  requestTo(target, `/v2/ns/app/blobs/${blob.descriptor.digest}`, { headers });

const head = (target: Target, path: string) => requestTo(target, `/v2/ns/app/${path}`, { method: 'HEAD' });

interface ErrorAnswer {
  errors: { code: string; message: string; detail: { cause?: string } }[];
}
const errorOf = (response: HttpResponse) => (jsonOf(response) as ErrorAnswer).errors[0]!;

describe('pull-through of an image', () => {
  it('serves manifest and blobs from upstream, once, and from the storage then', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    const manifest = await getManifest(target, 'ns/app', 'v1');
    expect(manifest).toMatchObject({ status: 200, body: image.bytes });
    expect(manifest.headers).toMatchObject({ etag: `"${digest()}"`, 'docker-content-digest': digest() });
    for (const blob of image.blobs) {
      const answer = await getBlob(target, blob);
      expect(answer.status).toBe(200);
      expect(answer.body.equals(blob.bytes)).toBe(true);
      expect(answer.headers['etag']).toBe(`"${blob.descriptor.digest}"`);
    }
    await vi.waitFor(async () => expect((await target.driver.list(`${REPOSITORY}/_uploads`)).names).toEqual([]));
    const asked = proxy.requests.length;
    await proxy.stop();
    expect((await getManifest(target, 'ns/app', digest())).status).toBe(200);
    for (const blob of image.blobs) expect((await getBlob(target, blob)).body.equals(blob.bytes)).toBe(true);
    expect(proxy.requests).toHaveLength(asked);
  });

  it('asks upstream once for 50 pulls at a time', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    const pulls = Array.from({ length: 50 }, async () => {
      expect((await getManifest(target, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
      for (const blob of image.blobs) expect((await getBlob(target, blob)).body.equals(blob.bytes)).toBe(true);
    });
    await Promise.all(pulls);
    expect(proxy.count('GET', '/manifests/')).toBe(1);
    for (const blob of image.blobs) expect(proxy.count('GET', blob.descriptor.digest)).toBe(1);
    expect(proxy.count('HEAD', '')).toBe(0);
  });

  it('downloads nothing for a HEAD', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    const blob = await head(target, `blobs/${layer().descriptor.digest}`);
    expect(blob.status).toBe(200);
    expect(blob.headers['content-length']).toBe(String(layer().bytes.length));
    const manifest = await head(target, `manifests/${digest()}`);
    expect(manifest.headers).toMatchObject({
      'content-type': image.descriptor.mediaType,
      'content-length': String(image.bytes.length),
      'docker-content-digest': digest(),
    });
    expect(proxy.count('GET', '/manifests/') + proxy.count('GET', '/blobs/')).toBe(0);
    expect((await head(target, `blobs/sha256:${'0'.repeat(64)}`)).status).toBe(404);
  });

  it('answers a range while the download runs, as soon as its bytes are there', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    proxy.open(200_000);
    const whole = getBlob(target);
    const early = await getBlob(target, layer(), { range: 'bytes=1000-99999' });
    expect(early.status).toBe(206);
    expect(early.headers['content-range']).toBe(`bytes 1000-99999/${layer().bytes.length}`);
    expect(early.body.equals(layer().bytes.subarray(1000, 100_000))).toBe(true);
    const late = vi.fn();
    const tail = getBlob(target, layer(), { range: 'bytes=-1000' }).finally(late);
    expect((await getBlob(target, layer(), { range: 'bytes=150000-199999' })).status).toBe(206);
    expect(late).not.toHaveBeenCalled();
    proxy.open(Infinity);
    expect((await tail).body.equals(layer().bytes.subarray(-1000))).toBe(true);
    expect((await whole).body.equals(layer().bytes)).toBe(true);
    expect(proxy.count('GET', '/blobs/')).toBe(1);
  });

  it('goes on with a download when its client leaves', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    proxy.open(100_000);
    await new Promise<void>((resolve) => {
      const leaving = get(`${target.url}/v2/ns/app/blobs/${layer().descriptor.digest}`, (response) => {
        response.once('data', () => leaving.destroy());
        response.once('close', () => resolve());
        response.on('error', () => undefined);
      });
      leaving.on('error', () => undefined);
    });
    proxy.open(Infinity);
    const { blobs } = target.registry.services;
    const stored = () => blobs.find('ns/app', layer().descriptor.digest as never);
    await vi.waitFor(async () => expect(await stored()).toMatchObject({ size: layer().bytes.length }));
    expect(proxy.count('GET', '/blobs/')).toBe(1);
  });

  it('takes a broken connection up where it broke', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    let first: ServerResponse | undefined;
    proxy.fault = (request, response) => {
      if (!request.url?.includes(layer().descriptor.digest) || first) return false;
      first = response;
      response.writeHead(200, { 'content-length': layer().bytes.length });
      response.write(layer().bytes.subarray(0, 100_000));
      return true;
    };
    const whole = getBlob(target);
    await getBlob(target, layer(), { range: 'bytes=0-99999' });
    first?.destroy();
    expect((await whole).body.equals(layer().bytes)).toBe(true);
    expect(proxy.headersOf(layer().descriptor.digest)['range']).toBe('bytes=100000-');
  });

  it('gets over a proxy on the way that fails every third request', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    proxy.fault = (_, response) => proxy.requests.length % 3 === 0 && Boolean(response.writeHead(502).end());
    expect((await getManifest(target, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
    for (const blob of image.blobs) expect((await getBlob(target, blob)).body.equals(blob.bytes)).toBe(true);
    expect(proxy.requests.length).toBeGreaterThan(4);
  });

  it.each([[''], ['openshift: {pullthrough: {mirror: false}}']])(
    'never serves the whole of a blob that is not what its digest says (%s)',
    async (config) => {
      const proxy = await proxyTo(upstream.url);
      const target = await start({ config });
      importFrom(target.api, proxy.host);
      proxy.fault = (request, response) => {
        if (!request.url?.includes('/blobs/')) return false;
        response.writeHead(200, { 'content-length': 1000 }).end(request.method === 'GET' && Buffer.alloc(1000, 'x'));
        return true;
      };
      await expect(getBlob(target)).rejects.toMatchObject({ code: 'REQUEST_FAILED' });
      proxy.fault = () => false;
      expect((await getBlob(target)).body.equals(layer().bytes)).toBe(true);
    },
  );
});

const REPOSITORY = '/docker/registry/v2/repositories/ns/app';

describe('what pull-through writes', () => {
  it.each([
    ['in read-only mode', 'readonly'],
    ['with pullthrough.mirror off', 'openshift: {pullthrough: {mirror: false}}'],
  ])('is nothing %s, and all is served', async (_, config) => {
    const proxy = await proxyTo(upstream.url);
    const target = await start({ config });
    importFrom(target.api, proxy.host);
    const before = await snapshotOf(target.driver).catch(() => ({}));
    expect((await getManifest(target, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
    for (const blob of image.blobs) expect((await getBlob(target, blob)).body.equals(blob.bytes)).toBe(true);
    const range = await getBlob(target, layer(), { range: 'bytes=1000-1999' });
    expect(range.body.equals(layer().bytes.subarray(1000, 2000))).toBe(true);
    expect(await snapshotOf(target.driver).catch(() => ({}))).toEqual(before);
  });

  it('is nothing while pull-through is off, and nothing is served', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start({ config: 'openshift: {pullthrough: {enabled: false}}' });
    importFrom(target.api, proxy.host);
    expect((await getBlob(target)).status).toBe(404);
    expect(proxy.requests).toEqual([]);
  });
});

describe('a push of what upstream has', () => {
  const manifestOf = (layer: { digest: string; size: number }) => ({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { ...image.blobs[0]!.descriptor, mediaType: MediaType.ociConfig },
    layers: [{ mediaType: MediaType.ociLayerGzip, digest: layer.digest, size: layer.size }],
  });
  const push = (target: Target, reference: string, body: { mediaType: string }) =>
    requestTo(target, `/v2/ns/app/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': body.mediaType },
      body: Buffer.from(JSON.stringify(body)),
    });

  it('keeps it', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    expect((await push(target, 'mine', manifestOf(layer().descriptor))).status).toBe(201);
    await proxy.stop();
    for (const blob of image.blobs) expect((await getBlob(target, blob)).body.equals(blob.bytes)).toBe(true);
  });

  it.each([[''], ['openshift: {pullthrough: {mirror: false}}']])(
    'is refused when upstream has it in name only (%s)',
    async (config) => {
      const proxy = await proxyTo(upstream.url);
      const target = await start({ config });
      importFrom(target.api, proxy.host);
      target.api.namespaces.add('bank');
      const secret = await pushImage({ url: target.url }, 'bank/secret', 'v1', { seed: 'secret', size: 1000 });
      const { descriptor } = secret.blobs[1]!;
      proxy.fault = ({ url = '', method }, response) => {
        if (!url.includes(descriptor.digest) && !url.includes(secret.descriptor.digest)) return false;
        const { size } = url.includes(descriptor.digest) ? descriptor : secret.descriptor;
        const headers = { 'content-length': size, 'content-type': secret.descriptor.mediaType };
        response.writeHead(200, headers).end(method === 'GET' ? Buffer.alloc(size) : undefined);
        return true;
      };
      const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [secret.descriptor] };
      for (const body of [manifestOf(descriptor), index]) {
        const answer = await push(target, 'mine', body);
        expect([answer.status, errorCodesOf(answer)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']]);
      }
    },
  );
});

describe('an upstream that fails', () => {
  it.each([
    [429, 'TOOMANYREQUESTS'],
    [503, 'UNAVAILABLE'],
  ])('with %i is passed on with its Retry-After', async (status, code) => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    proxy.fault = (request, response) => {
      if (request.url === '/v2/') return false;
      response.writeHead(status, { 'retry-after': '17' }).end();
      return true;
    };
    for (const answer of [await getManifest(target, 'ns/app', 'v1'), await getBlob(target)]) {
      expect(answer).toMatchObject({ status, headers: { 'retry-after': '17' } });
      expect(errorCodesOf(answer)).toEqual([code]);
    }
    expect(await head(target, `blobs/${layer().descriptor.digest}`)).toMatchObject({ status });
  });

  it.each([
    ['is http and not insecure', (api: FakeClusterApi, host: string) => importFrom(api, host, false), /HTTP only/],
    ['has lost the repository', (api: FakeClusterApi, host: string) => importFrom(api, host, true, 'gone/app'), /gone/],
  ])('because it %s is told in detail', async (_, set, cause) => {
    const target = await start();
    set(target.api, upstream.address);
    const manifest = await getManifest(target, 'ns/app', 'v1');
    expect(manifest.status).toBe(404);
    expect(errorOf(manifest)).toMatchObject({
      code: 'OPENSHIFT_PULLTHROUGH_MANIFEST',
      message: expect.stringMatching(/^unable to pull manifest from 127\.0\.0\.1:\d+\/.*: /) as string,
      detail: { cause: expect.stringMatching(cause) as string },
    });
    const blob = await getBlob(target);
    expect(blob.status).toBe(404);
    expect(errorOf(blob)).toMatchObject({
      code: 'BLOB_UNKNOWN',
      detail: { cause: expect.stringMatching(cause) as string },
    });
    expect((await head(target, `blobs/${layer().descriptor.digest}`)).status).toBe(404);
  });

  it('by never answering does not hold up what is kept', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    expect((await getManifest(target, 'ns/app', 'v1')).status).toBe(200);
    proxy.fault = () => true;
    expect((await getManifest(target, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
  });

  it.each([
    ['never answers', () => true],
    ['answers 429', (_: unknown, response: ServerResponse) => Boolean(response.writeHead(429).end())],
  ])('by that it %s has an earlier image of the tag served, with a warning', async (_, fault) => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    await getManifest(target, 'ns/app', 'v1');
    const newer = `sha256:${'1'.repeat(64)}`;
    const items = [newer, digest()].map((each): [string, string] => [`${proxy.host}/team/app@${each}`, each]);
    target.api.setStream('ns/app', true, items);
    const next = await start({ api: target.api, root: target.root });
    proxy.fault = fault;
    const stale = await getManifest(next, 'ns/app', 'v1');
    expect(stale).toMatchObject({ status: 200, headers: { 'docker-content-digest': digest(), etag: `"${digest()}"` } });
    expect(stale.headers['warning']).toMatch(/^110 /);
    expect(Number(stale.headers['age'])).toBeGreaterThan(0);
    expect(await head(next, 'manifests/v1')).toMatchObject({
      status: 200,
      headers: { warning: stale.headers['warning'] },
    });
  });

  it('from the start does not keep a registry from serving what it has', async () => {
    const [api, root] = [new FakeClusterApi(), temporaryFolder('kept')];
    importFrom(api, upstream.address);
    const first = await start({ api, root });
    await getManifest(first, 'ns/app', 'v1');
    await getBlob(first);
    importFrom(api, '127.0.0.1:1');
    const target = await start({ api, root });
    expect((await getManifest(target, 'ns/app', 'v1')).status).toBe(200);
    await vi.waitFor(async () => expect((await getBlob(target)).status).toBe(200));
    expect((await getBlob(target, image.blobs[0])).status).toBe(404);
  });
});

describe('where pull-through asks', () => {
  const mirrorSet = (source: string, mirrors: string[], mirrorSourcePolicy = 'AllowContactingSource'): KubeObject => ({
    apiVersion: 'config.openshift.io/v1',
    kind: 'ImageDigestMirrorSet',
    metadata: { name: 'm' },
    spec: { imageDigestMirrors: [{ source, mirrors, mirrorSourcePolicy }] },
  });
  const imageConfig = (insecureRegistries: string[]) => ({
    apiVersion: 'config.openshift.io/v1',
    kind: 'Image',
    metadata: { name: 'cluster' },
    spec: { registrySources: { insecureRegistries } },
  });

  it('is a mirror first, which may have a private address because the administrator names it', async () => {
    const mirror = await proxyTo(upstream.url);
    const target = await start({ config: 'longshore: {pullthrough: {allow: []}}' });
    importFrom(target.api, 'up.example.invalid', false, 'team/app');
    target.api.setList('imagedigestmirrorsets', [mirrorSet('up.example.invalid', [mirror.host], 'NeverContactSource')]);
    target.api.objects.set('/images/cluster', imageConfig([mirror.host]));
    expect((await getManifest(target, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
    expect(mirror.count('GET', '/v2/team/app/manifests/')).toBe(1);
  });

  it('is the source when the mirror is dead, unless it is never to be contacted', async () => {
    const source = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, source.host);
    target.api.setList('imagedigestmirrorsets', [mirrorSet(source.host, ['127.0.0.1:1'])]);
    expect((await getBlob(target)).status).toBe(200);
    const strict = await start();
    importFrom(strict.api, source.host);
    strict.api.setList('imagedigestmirrorsets', [mirrorSet(source.host, ['127.0.0.1:1'], 'NeverContactSource')]);
    source.requests.splice(0);
    expect((await getBlob(strict)).status).toBe(404);
    expect((await getManifest(strict, 'ns/app', 'v1')).status).toBe(404);
    expect(source.requests).toEqual([]);
  });

  it('is nowhere until the mirror sets were read once: one may forbid the source', async () => {
    const source = await proxyTo(upstream.url);
    const [api, root] = [new FakeClusterApi(), temporaryFolder('kept')];
    importFrom(api, source.host);
    const before = await start({ api, root });
    expect((await getManifest(before, 'ns/app', 'v1')).status).toBe(200);
    source.requests.splice(0);
    api.broken.add('/imagedigestmirrorsets');
    const target = await start({ api, root });
    for (const answer of [await getBlob(target), await head(target, `blobs/${layer().descriptor.digest}`)]) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    }
    expect(errorOf(await getBlob(target))).toMatchObject({
      code: 'UNAVAILABLE',
      detail: { cause: expect.stringMatching(/^imagedigestmirrorsets could not be read/) as string },
    });
    expect((await getManifest(target, 'ns/app', 'v1')).status).toBe(200);
    expect(source.requests).toEqual([]);
    api.broken.clear();
    expect((await getBlob(target)).status).toBe(200);
  });

  it.each([
    ['image-registry.openshift-image-registry.svc:5000', 404],
    ['other.corp:5000', 503],
  ])('need not be known when all was pushed here (%s)', async (host, status) => {
    const target = await start();
    target.api.broken.add('/imagedigestmirrorsets');
    importFrom(target.api, host);
    expect((await getBlob(target)).status).toBe(status);
    expect((await head(target, `blobs/${layer().descriptor.digest}`)).status).toBe(status);
  });

  it('is no private address that nobody has named', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start({ config: 'longshore: {pullthrough: {allow: []}}' });
    importFrom(target.api, proxy.host);
    for (const answer of [await getManifest(target, 'ns/app', 'v1'), await getBlob(target)]) {
      expect(answer.status).toBe(404);
      expect(errorOf(answer).detail.cause).toMatch(/address/i);
    }
    expect(proxy.requests).toEqual([]);
  });

  it('is another registry only: a circle is refused, also one of two', async () => {
    const [a, b] = [await start(), await start()];
    importFrom(a.api, b.host, true, 'ns/app');
    importFrom(b.api, a.host, true, 'ns/app');
    const manifest = await getManifest(a, 'ns/app', digest());
    expect(manifest.status).toBe(508);
    expect((await getBlob(a)).status).toBe(508);
  });

  it('may be a registry that pulls through itself', async () => {
    const [a, b] = [await start(), await start()];
    importFrom(a.api, b.host, true, 'ns/app');
    importFrom(b.api, upstream.address);
    expect((await getManifest(a, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
    expect((await getBlob(a)).body.equals(layer().bytes)).toBe(true);
  });

  it('is a registry with TLS and users, by the one of several secrets that it takes', async () => {
    const dir = temporaryFolder('tls');
    const ca = await createCertificateAuthority(dir);
    const tls = await issueServerCertificate(ca, { dir });
    const users = [{ name: 'puller', password: randomUUID() }];
    await writeHtpasswd(join(dir, 'htpasswd'), users);
    const secure = await startDockerRegistry({ root: join(dir, 'root'), tls, htpasswd: join(dir, 'htpasswd') });
    ended.push(() => secure.stop());
    const pem = await readAuthority(ca.certificate);
    await pushImage({ url: secure.url, ca: pem, user: users[0]! }, 'team/app', 'v1', {
      seed: 'app',
      size: LAYER_BYTES,
    });
    const target = await start();
    importFrom(target.api, secure.address, false);
    expect((await getManifest(target, 'ns/app', 'v1')).status).toBe(404);
    const trusting = await start();
    importFrom(trusting.api, secure.address, false);
    const secret = (password: string) => ({
      metadata: { name: password.slice(0, 5) },
      type: 'kubernetes.io/dockerconfigjson',
      data: {
        '.dockerconfigjson': Buffer.from(
          JSON.stringify({ auths: { [secure.address]: { username: 'puller', password } } }),
        ).toString('base64'),
      },
    });
    trusting.api.objects.set('/imagestreams/app/secrets', { items: [secret('wrong'), secret(users[0]!.password)] });
    const config = { ...imageConfig([]), spec: { additionalTrustedCA: { name: 'trusted' } } };
    trusting.api.objects.set('/images/cluster', config);
    const key = secure.address.replace(':', '..');
    trusting.api.objects.set('/configmaps/trusted', { metadata: { name: 'trusted' }, data: { [key]: pem } });
    expect((await getManifest(trusting, 'ns/app', 'v1')).body.equals(image.bytes)).toBe(true);
    expect((await getBlob(trusting)).body.equals(layer().bytes)).toBe(true);
    rmSync(dir, { recursive: true });
  });
});

describe('the metrics of pull-through', () => {
  it('tell hits, latency and errors by registry', async () => {
    const proxy = await proxyTo(upstream.url);
    const target = await start();
    importFrom(target.api, proxy.host);
    await getManifest(target, 'ns/app', 'v1');
    await getBlob(target);
    await head(target, `blobs/sha256:${'0'.repeat(64)}`);
    const text = await target.registry.services.renderMetrics();
    expect(text).toContain('imageregistry_pullthrough_blobstore_cache_requests_total{type="Hit"} 1');
    expect(text).toContain('imageregistry_pullthrough_blobstore_cache_requests_total{type="Miss"} 2');
    const labels = `registry="${proxy.host}",operation="ManifestService.Get"`;
    expect(text).toContain(`imageregistry_pullthrough_repository_duration_seconds_count{${labels}} 1`);
    const failed = `registry="${proxy.host}",operation="BlobStore.Get",code="404"`;
    expect(text).toContain(`imageregistry_pullthrough_repository_errors_total{${failed}} 1`);
  });
});
