import { existsSync, readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Digest } from '@longshore/oci';
import {
  blobOf,
  createImage,
  createManifest,
  digestOfPulledBlob,
  getManifest,
  randomBytesOf,
  sendRange,
  startDockerRegistry,
  StubRegistry,
  temporaryFolder,
  UpstreamProxy,
} from '@longshore/testkit';
import type { DockerRegistry, GeneratedManifest } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, expect, it, describe } from 'vitest';
import { HostBandwidth } from '../client/host-bandwidth.js';
import { RegistryClient } from '../client/registry-client.js';
import type { RegistryClientOptions } from '../client/options.js';
import { FileRepository } from './file-repository.js';
import { RegistrySource, RegistryTarget } from './registry-place.js';
import { StoreLimits } from './store-limits.js';
import { survey } from './survey.js';
import { runCopy } from './testing/run-copy.js';
import { Steps } from './testing/steps.js';
import { transferBlob } from './transfer-blob.js';

const MEBIBYTE = 1024 * 1024;
const image = createImage({ seed: 'faults', layers: 3, size: 3 * MEBIBYTE });
const layers = image.blobs.slice(1);

let registry: DockerRegistry;
let root: string;
let source: StubRegistry;
let proxy: UpstreamProxy;
let clock: Steps;
let client: RegistryClient;
let count = 0;
let name: string;

beforeAll(async () => {
  root = temporaryFolder('faults');
  registry = await startDockerRegistry({ root });
  proxy = await UpstreamProxy.start(registry.url);
});
afterAll(async () => {
  await proxy.stop();
  await registry.stop();
});
beforeEach(async () => {
  source = await StubRegistry.start();
  source.publish('team/app', image, 'v1');
  proxy.fault = () => false;
  proxy.requests.length = 0;
  count += 1;
  name = `mirror/app${count}`;
  use({});
  return async () => {
    await client.close();
    await source.close();
  };
});

function use(options: RegistryClientOptions): void {
  clock = new Steps();
  client = new RegistryClient({ insecure: () => true, clock, attempts: 5, ...options });
}

const from = (repository = 'team/app', host = source.host) => new RegistrySource(client, { host, name: repository });
const to = (repository = name, host = proxy.host) =>
  new RegistryTarget(client, { host, name: repository }, { chunkBytes: MEBIBYTE, mount: true });
const mirror = (...targets: RegistryTarget[]) =>
  runCopy([{ source: from(), reference: 'v1', targets: targets.map((target) => ({ target, tag: 'v1' })) }]);

async function expectWhole(repository = name, expected: GeneratedManifest = image): Promise<void> {
  expect((await getManifest(registry, repository, 'v1')).headers['docker-content-digest']).toBe(
    expected.descriptor.digest,
  );
  for (const { descriptor } of expected.blobs) {
    expect(await digestOfPulledBlob(registry, repository, descriptor.digest)).toBe(descriptor.digest);
  }
}

const gets = () => source.asked('GET').filter((path) => path.includes('/blobs/'));

it('a repository that does not tell which blobs it has fails its own images only, and is not asked again', async () => {
  proxy.fault = ({ method, url = '' }, response) =>
    method === 'HEAD' && url.includes('/silent/blobs/') && answer(response, 500);
  use({ attempts: 1 });
  const images = ['mirror/silent', name].map((repository) => ({
    source: from(),
    reference: 'v1',
    targets: [{ target: to(repository), tag: 'v1' }],
  }));
  const { images: found } = await survey(images, {
    selection: { keepList: false },
    force: false,
    skipMissing: false,
    limits: new StoreLimits({ maxStores: 1, maxPerStore: 1 }),
    signal: new AbortController().signal,
  });
  expect(found.map(({ state }) => state)).toEqual(['failed', 'wanted']);
  expect(found[0]).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  expect(proxy.count('HEAD', '/silent/blobs/')).toBe(1);
});

describe('a source', () => {
  it('that fails every seventh request and cuts every fifth body is read to the end', async () => {
    let bodies = 0;
    source.intercept = ({ path, method, headers }, response, requests) => {
      if (requests % 7 === 0) return answer(response, 502);
      const blob = image.blobs.find(({ descriptor }) => path.endsWith(descriptor.digest));
      if (method !== 'GET' || blob === undefined) return false;
      bodies += 1;
      if (bodies % 2 === 0) return false;
      cutRange(response, headers.range, blob.bytes, 900_000);
      return true;
    };
    await mirror(to());
    await expectWhole();
  });

  it('that closes each body early and knows no ranges is read again from the beginning', async () => {
    let cuts = 0;
    source.intercept = ({ path, method }, response) => {
      const [, second] = layers;
      if (method !== 'GET' || second === undefined || !path.endsWith(second.descriptor.digest) || cuts >= 2)
        return false;
      cuts += 1;
      cutRange(response, undefined, second.bytes, 2_000_000);
      return true;
    };
    await mirror(to());
    await expectWhole();
    expect(cuts).toBe(2);
  });

  it('that falls silent in the middle of a blob is asked for the rest', async () => {
    use({ idleTimeoutMs: 1000 });
    const [first] = layers;
    let silences = 0;
    source.intercept = ({ path, method, headers }, response) => {
      if (method !== 'GET' || first === undefined || !path.endsWith(first.descriptor.digest) || silences > 1)
        return false;
      silences += 1;
      cutRange(response, headers.range, first.bytes, 900_000, () => undefined);
      return true;
    };
    await mirror(to());
    await expectWhole();
    expect(silences).toBe(2);
  });

  it('that has had too many requests is left alone as long as it says', async () => {
    source.intercept = (_, response, requests) => requests % 4 === 0 && answer(response, 429, { 'retry-after': '3' });
    await mirror(to());
    await expectWhole();
    expect(clock.slept.filter((milliseconds) => milliseconds >= 3000).length).toBeGreaterThan(0);
  });

  it('that sends other bytes spoils only the images that need them', async () => {
    const good = createImage({ seed: 'good', size: 2 * MEBIBYTE });
    source.publish('team/good', good, 'v1');
    const [first] = layers;
    source.intercept = ({ path, method, headers }, response) => {
      if (method !== 'GET' || first === undefined || !path.endsWith(first.descriptor.digest)) return false;
      sendRange(response, { method, headers }, randomBytesOf('other', first.bytes.byteLength));
      return true;
    };
    const images = [
      { source: from(), reference: 'v1', targets: [{ target: to(), tag: 'v1' }] },
      { source: from('team/good'), reference: 'v1', targets: [{ target: to(`${name}-good`), tag: 'v1' }] },
    ];
    const { failures } = await runCopy(images, { continueOnError: true });
    expect(failures.map(({ tags, error }) => [tags, (error as { code: string }).code])).toEqual([
      [['v1'], 'DIGEST_MISMATCH'],
    ]);
    await expectWhole(`${name}-good`, good);
    expect((await getManifest(registry, name, 'v1')).status).toBe(404);
    await expect(mirror(to())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(uploadsLeft(name)).toEqual([]);
  });

  it('that sends other bytes is replaced by another one that has the blob', async () => {
    source.publish('team/twin', image, 'v1');
    source.intercept = ({ path, method, headers }, response) => {
      const blob = layers.find(({ descriptor }) => path === `/v2/team/app/blobs/${descriptor.digest}`);
      if (method !== 'GET' || blob === undefined) return false;
      sendRange(response, { method, headers }, randomBytesOf('other', blob.bytes.byteLength));
      return true;
    };
    await runCopy([
      { source: from(), reference: 'v1', targets: [{ target: to(), tag: 'v1' }] },
      { source: from('team/twin'), reference: 'v1', targets: [{ target: to(), tag: 'v2' }] },
    ]);
    await expectWhole();
  });

  it('whose tokens end in the middle gives new ones', async () => {
    const guarded = await StubRegistry.start({ tokens: { lifetime: 60 } });
    guarded.publish('team/app', image, 'v1');
    let revoked = 0;
    guarded.intercept = ({ path }) => {
      if (revoked > 0 || !path.includes('/blobs/')) return false;
      revoked += 1;
      guarded.revokeTokens();
      return false;
    };
    await runCopy([
      { source: from('team/app', guarded.host), reference: 'v1', targets: [{ target: to(), tag: 'v1' }] },
    ]);
    await expectWhole();
    expect(revoked).toBe(1);
    await guarded.close();
  });
});

describe('a target', () => {
  it('that breaks off in the middle of a chunk gets the rest, and the source is not read again', async () => {
    let cuts = 0;
    proxy.fault = (request, response) => {
      if (request.method !== 'PATCH' || cuts >= 4) return false;
      cuts += 1;
      // The registry gets a part of the chunk.
      breakAfter(request, response, 300_000);
      return true;
    };
    await mirror(to());
    await expectWhole();
    expect(cuts).toBe(4);
    expect(gets()).toHaveLength(image.blobs.length);
  });

  it('that does what it is asked for and does not say so is believed', async () => {
    const lost = new Set<string>();
    proxy.fault = (request, response) => {
      const key = `${request.method} ${request.url?.replace(/_state=[^&]*/, '')}`;
      if (request.method !== 'PUT' || lost.has(key)) return false;
      lost.add(key);
      void forward(request).then(() => response.destroy());
      return true;
    };
    await mirror(to());
    await expectWhole();
    expect(lost.size).toBeGreaterThan(image.blobs.length);
  });

  it('that answers 500 and 429 now and then is asked again', async () => {
    let requests = 0;
    proxy.fault = (_, response) => {
      requests += 1;
      return requests % 6 === 0 && answer(response, requests % 12 === 0 ? 429 : 500);
    };
    await mirror(to());
    await expectWhole();
    expect(gets()).toHaveLength(image.blobs.length);
  });

  it('that forgets an upload gets the blob again', async () => {
    let forgotten = '';
    proxy.fault = (request, response) => {
      const [, upload = ''] = /uploads\/([^?]+)/.exec(request.url ?? '') ?? [];
      const isLost = forgotten !== '' && upload === forgotten;
      if (request.method === 'PATCH' && forgotten === '') forgotten = upload;
      return isLost && answer(response, 404);
    };
    await mirror(to());
    await expectWhole();
    expect(gets()).toHaveLength(image.blobs.length + 1);
  });

  it('that does not mount gets the bytes, read once for each repository at most at first', async () => {
    proxy.fault = (request) => {
      if (request.url?.includes('mount=') === true) request.url = request.url.replace(/\?.*$/, '');
      return false;
    };
    const { events } = await mirror(to(), to(`${name}-second`));
    await expectWhole();
    await expectWhole(`${name}-second`);
    expect(events.filter(({ type }) => type === 'mounted')).toEqual([]);
  });

  it('that refuses does not keep another one from getting all', async () => {
    proxy.fault = (request, response) =>
      /refused/.test(request.url ?? '') && request.method === 'PATCH' && answer(response, 403);
    const folder = new FileRepository(temporaryFolder('other'), 'app');
    const images = [
      {
        source: from(),
        reference: 'v1',
        targets: [
          { target: to('refused/app'), tag: 'v1' },
          { target: folder, tag: 'v1' },
        ],
      },
    ];
    const { failures } = await runCopy(images, { continueOnError: true });
    expect(failures.map(({ target, error }) => [target.name, (error as { code: string }).code])).toEqual([
      [`${proxy.host}/refused/app`, 'DENIED'],
    ]);
    expect((await folder.manifest('v1')).digest).toBe(image.descriptor.digest);
    expect(gets()).toHaveLength(image.blobs.length);
  });

  it('with tokens gives one for two repositories when a blob is mounted', async () => {
    const scopes = guardWithTokens(proxy);
    await mirror(to(), to(`${name}-second`));
    await expectWhole(`${name}-second`);
    expect(scopes).toContain(`repository:${name}-second:pull,push repository:${name}:pull`);
    use({ multipleScopes: false });
    scopes.length = 0;
    await mirror(to(`${name}-third`), to(`${name}-fourth`));
    expect(scopes.filter((scope) => scope.includes(' '))).toEqual([]);
  });
});

it('sends a blob to the upload that the registry has begun in place of a mount', async () => {
  const { signal } = new AbortController();
  const [layer] = layers.map(({ descriptor }) => ({ digest: descriptor.digest as Digest, size: descriptor.size }));
  if (layer === undefined) throw new Error('the image has no layers');
  const target = to();
  expect(await target.linkBlob(layer, 'team/nothing', { signal })).toBe(false);
  const failures = await transferBlob(layer, [from()], [target], { signal, onBytes: () => undefined });
  expect(failures.size).toBe(0);
  expect(await digestOfPulledBlob(registry, name, layer.digest)).toBe(layer.digest);
  expect(proxy.count('POST', '/blobs/uploads/')).toBe(1);
  expect(proxy.count('DELETE', '/blobs/uploads/')).toBe(0);
});

it('ends when it is told to, leaves no upload open, and goes on from there the next time', async () => {
  const ending = new AbortController();
  let patches = 0;
  proxy.fault = (request) => {
    if (request.method === 'PATCH') patches += 1;
    if (patches === 4) ending.abort(new Error('enough'));
    return false;
  };
  const wanted = () => [{ source: from(), reference: 'v1', targets: [{ target: to(), tag: 'v1' }] }];
  await expect(
    runCopy(wanted(), { signal: ending.signal, limits: new StoreLimits({ maxStores: 1, maxPerStore: 1 }) }),
  ).rejects.toThrow('enough');
  // The registry may still be busy with the chunk that it was sent.
  expect(proxy.count('DELETE', `${name}/blobs/uploads/`)).toBe(1);
  proxy.fault = () => false;
  const before = gets().length;
  await runCopy(wanted());
  await expectWhole();
  expect(gets().length - before).toBeLessThanOrEqual(image.blobs.length - (before - 1));
});

it.each([
  ['in chunks', 1],
  ['with all there is to send', 0],
])('cancels an upload that is just being begun, %s, when it is told to end', async (_, index) => {
  const { digest, size } = image.blobs[index]?.descriptor ?? { digest: '', size: 0 };
  const blob = { digest: digest as Digest, size };
  const ending = new AbortController();
  proxy.fault = ({ method }) => {
    if (method === 'POST') ending.abort(new Error('enough'));
    return false;
  };
  const { signal } = ending;
  const target = to();
  const failures = await transferBlob(blob, [from()], [target], { signal, onBytes: () => undefined }).catch(
    (error: unknown) => new Map([[target, error]]),
  );
  expect(failures.get(target)).toMatchObject({ message: 'enough' });
  expect(proxy.count('POST', `${name}/blobs/uploads/`)).toBe(1);
  expect(proxy.count('DELETE', `${name}/blobs/uploads/`)).toBe(1);
});

describe('an upload that a registry begins in place of a mount', () => {
  const layer = layers[0]?.descriptor ?? { digest: '', size: 0 };
  const blob = { digest: layer.digest as Digest, size: layer.size };

  it('is cancelled when the end comes before its answer', async () => {
    const ending = new AbortController();
    proxy.fault = ({ method }) => {
      if (method === 'POST') ending.abort(new Error('enough'));
      return false;
    };
    await expect(to().linkBlob(blob, 'mirror/none', { signal: ending.signal })).rejects.toThrow('enough');
    expect(proxy.count('POST', 'mount=')).toBe(1);
    expect(proxy.count('DELETE', `${name}/blobs/uploads/`)).toBe(1);
  });

  it('is cancelled when the end comes before its bytes', async () => {
    const ending = new AbortController();
    proxy.fault = (request) => {
      if (request.url?.includes('mount=') === true) request.url = request.url.replace(/\?.*$/, '');
      return false;
    };
    const second = to(`${name}-second`);
    const link = second.linkBlob.bind(second);
    second.linkBlob = async (...args) => {
      const isLinked = await link(...args);
      ending.abort(new Error('enough'));
      return isLinked;
    };
    const targets = [to(), second].map((target) => ({ target, tag: 'v1' }));
    const copied = runCopy([{ source: from(), reference: 'v1', targets }], {
      signal: ending.signal,
      limits: new StoreLimits({ maxStores: 1, maxPerStore: 1 }),
    });
    await expect(copied).rejects.toThrow('enough');
    expect(uploadsLeft(`${name}-second`)).toEqual([]);
    expect(proxy.count('DELETE', `${name}-second/blobs/uploads/`)).toBe(1);
  });
});

it('reads no faster than it may', async () => {
  const folder = new FileRepository(temporaryFolder('slow'), 'app');
  const small = createManifest('oci', blobOf(Buffer.from('{}')), [blobOf(randomBytesOf('slow', 5_000_000))]);
  source.publish('team/slow', small, 'v1');
  const wanted = [{ source: from('team/slow'), reference: 'v1', targets: [{ target: folder, tag: 'v1' }] }];
  await runCopy(wanted, { bytesPerSecond: 1_000_000, clock });
  expect(clock.secondsSlept).toBeGreaterThan(4.5);
  expect(clock.secondsSlept).toBeLessThan(5.5);
});

it.each([
  ['source', () => source.host, 1],
  ['target', () => proxy.host, 5],
])('moves no more with the host of a %s than it may, without long bursts', async (_, host, chunks) => {
  const big = createManifest('oci', blobOf(Buffer.from('{}')), [blobOf(randomBytesOf('bound', 5_000_000))]);
  source.publish('team/bound', big, 'v1');
  const steps = new Steps();
  use({ bandwidth: new HostBandwidth(new Map([[host(), 1_000_000]]), steps) });
  const target = new RegistryTarget(client, { host: proxy.host, name }, { chunkBytes: 16 * MEBIBYTE, mount: true });
  await runCopy([{ source: from('team/bound'), reference: 'v1', targets: [{ target, tag: 'v1' }] }]);
  expect(steps.secondsSlept).toBeGreaterThan(4.5);
  expect(steps.secondsSlept).toBeLessThan(5.5);
  const layer = big.blobs[1]?.descriptor.digest ?? '';
  expect(proxy.count('PATCH', `${name}/blobs/uploads/`) + proxy.count('PUT', encodeURIComponent(layer))).toBe(chunks);
});

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): true {
  response.writeHead(status, { 'content-length': 0, ...headers });
  response.end();
  return true;
}

/** Sends so many bytes of what was asked for, and breaks off, or does something else instead. */
function cutRange(
  response: ServerResponse,
  range: string | undefined,
  bytes: Buffer,
  most: number,
  then = () => void response.destroy(),
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const size = bytes.byteLength;
  const part = start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': size - start, ...part });
  response.write(bytes.subarray(start, start + most), then);
}

/** Passes the beginning of a request's body on to the registry, and breaks off on both sides. */
function breakAfter(request: IncomingMessage, response: ServerResponse, bytes: number): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length < bytes) return;
    request.pause();
    const body = Buffer.concat(chunks).subarray(0, bytes);
    request.removeAllListeners('data');
    const headers = { 'content-type': 'application/octet-stream' };
    void fetch(`${registry.url}${request.url}`, { method: 'PATCH', headers, body }).then(() => response.destroy());
  });
}

async function forward(request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  await fetch(`${registry.url}${request.url}`, { method: 'PUT', headers, body: Buffer.concat(chunks) });
}

/** Lets a request through only with a token for its repository; returns the scopes of tokens as they are asked for. */
function guardWithTokens(guarded: UpstreamProxy): string[] {
  const scopes: string[] = [];
  guarded.fault = (request, response) => {
    const url = new URL(request.url ?? '', 'http://proxy');
    if (url.pathname === '/token') {
      scopes.push(url.searchParams.getAll('scope').join(' '));
      response.end(JSON.stringify({ token: `token-${scopes.length}`, expires_in: 300 }));
      return true;
    }
    const granted = scopes[Number(/^Bearer token-(\d+)$/.exec(request.headers.authorization ?? '')?.[1] ?? 0) - 1];
    const [, repository] = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url.pathname) ?? [];
    const right = request.method === 'GET' || request.method === 'HEAD' ? ':pull' : ':pull,push';
    if (granted !== undefined && (repository === undefined || granted.includes(`repository:${repository}${right}`)))
      return false;
    return answer(response, 401, { 'www-authenticate': `Bearer realm="http://${guarded.host}/token",service="test"` });
  };
  return scopes;
}

/** Those of which bytes are left: the registry keeps empty folders of what was cancelled. */
function uploadsLeft(repository: string): string[] {
  const folder = join(root, 'docker/registry/v2/repositories', repository, '_uploads');
  return readdirSync(folder).filter((upload) => existsSync(join(folder, upload, 'data')));
}
