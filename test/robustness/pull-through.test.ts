import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ACCEPT_MANIFESTS,
  pushImage,
  requestTo,
  startDockerRegistry,
  startLongshore,
  UpstreamProxy,
  type DockerRegistry,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { ImageApiStub } from './image-api-stub.js';
import { alarmsIn, configOf, fsckFindings, Servers } from './servers.js';

const PULLS = 50;
/** Of who has no account: the stream may be read by all. */
const nobody = { authorization: 'Bearer anonymous' };

const servers = new Servers();
let upstream: DockerRegistry;
let image: GeneratedManifest;
beforeAll(async () => {
  upstream = await startDockerRegistry({ root: servers.folder() });
  const options = { seed: 'pull-through', layers: 3, size: 3_000_000 };
  image = await pushImage({ url: upstream.url }, 'team/app', 'v1', options);
});
afterAll(async () => {
  await upstream.stop();
  await servers.end();
});

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** A registry of a cluster, with as many workers as by default; its stream `ns/app` names the upstream behind a proxy. */
async function start() {
  const proxy = await UpstreamProxy.start(upstream.url);
  const api = await ImageApiStub.start(`${proxy.host}/team/app@${image.descriptor.digest}`);
  const [root, dir] = [servers.folder(), servers.folder()];
  const kubeconfig = join(dir, 'kubeconfig');
  await mkdir(dir);
  await api.writeKubeconfig(kubeconfig);
  const config = {
    ...configOf(root),
    auth: { openshift: { realm: 'r' } },
    openshift: { kubeconfig },
    longshore: { pullthrough: { allow: ['127.0.0.0/8'] } },
  };
  const registry = await startLongshore({ config, dir });
  ended.push(
    () => proxy.stop(),
    () => api.stop(),
    () => registry.kill9(),
  );
  return { proxy, registry, root };
}

/** Everything that a client gets of the image, one after the other, each request on a connection of its own. */
async function pull(registry: Longshore): Promise<void> {
  const headers = { ...nobody, accept: ACCEPT_MANIFESTS };
  const manifest = await requestTo(registry, '/v2/ns/app/manifests/v1', { headers });
  expect(manifest.body.equals(image.bytes)).toBe(true);
  for (const { descriptor, bytes } of image.blobs) {
    const blob = await requestTo(registry, `/v2/ns/app/blobs/${descriptor.digest}`, { headers: nobody });
    expect(blob.status).toBe(200);
    expect(blob.body.equals(bytes)).toBe(true);
  }
}

const blobsIn = (root: string): string[] => {
  const folder = join(root, 'docker/registry/v2/blobs/sha256');
  return existsSync(folder) ? readdirSync(folder).flatMap((prefix) => readdirSync(join(folder, prefix))) : [];
};

describe('pull-through', () => {
  it(`asks upstream once for each part of an image that ${PULLS} clients pull from all workers`, async () => {
    const { proxy, registry } = await start();
    await Promise.all(Array.from({ length: PULLS }, () => pull(registry)));
    const gets = proxy.requests.filter((request) => /^GET .*\/(?:manifests|blobs)\//.test(request));
    const parts = [image.descriptor, ...image.blobs.map(({ descriptor }) => descriptor)].map(({ digest }) => digest);
    expect(gets.map((request) => request.replace(/.*\//, '')).sort()).toEqual(parts.sort());
    expect(await fsckFindings(registry)).toEqual([]);
    expect(alarmsIn(registry.log())).toEqual([]);
  });

  it('shows nothing of what came before kill -9, and goes on from there', async () => {
    const { proxy, registry, root } = await start();
    const { descriptor, bytes } = image.blobs[1]!;
    const path = `/v2/ns/app/blobs/${descriptor.digest}`;
    proxy.open(1_000_000);
    let received = 0;
    get(`${registry.url}${path}`, { headers: nobody }, (response) => {
      response.on('data', (chunk: Buffer) => (received += chunk.length));
      response.on('error', () => undefined);
    }).on('error', () => undefined);
    await vi.waitFor(() => expect(received).toBe(1_000_000), { timeout: 10_000 });
    await registry.kill9();
    expect(blobsIn(root)).toEqual([]);
    await registry.restart();
    proxy.open(Infinity);
    await pull(registry);
    expect(proxy.count('GET', descriptor.digest)).toBe(2);
    expect(proxy.headersOf(descriptor.digest)['range']).toBe('bytes=1000000-');
    expect(blobsIn(root)).toHaveLength(image.blobs.length + 1);
    expect(bytes.length).toBeGreaterThan(1_000_000);
    expect(await fsckFindings(registry)).toEqual([]);
  });
});
