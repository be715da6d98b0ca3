/**
 * What other caches get wrong while their upstream fails, at the registry of a cluster: cases 5 to 7 of those that were seen, as
 * in reproduced-bugs.test.ts. Case 3, a start without upstream, and case 4, many clients at once, are in image-imports.test.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  errorCodesOf,
  getManifest,
  pushImage,
  requestTo,
  startCluster,
  UpstreamProxy,
  type GeneratedManifest,
  type RunningCluster,
  type RunningRegistry,
  type Target,
} from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Journey } from './journey.js';

const journey = new Journey();
let upstream: RunningRegistry;
let proxy: UpstreamProxy;
let cluster: RunningCluster;
let target: Target;

beforeAll(async () => {
  upstream = await journey.dockerRegistry();
  proxy = await UpstreamProxy.start(upstream.url);
  cluster = await startCluster();
  await kubectl(['create', 'namespace', 'shop']);
  const spec = { registrySources: { insecureRegistries: [proxy.host] } };
  await kubectl(['patch', 'images.config.openshift.io/cluster', '--type=merge', '-p', JSON.stringify({ spec })]);
  await kubectl(['wait', '--for=create', 'serviceaccount/default', '-n', 'shop']);
  const password = (await kubectl(['create', 'token', 'default', '-n', 'shop'])).trim();
  target = { url: `http://${cluster.registryAddress}`, user: { name: 'default', password } };
});
afterEach(() => {
  proxy.fault = () => false;
});
afterAll(async () => {
  await cluster?.stop();
  await proxy?.stop();
  await journey.end();
});

const kubectl = async (args: string[], input = '') => (await cluster.kubectl(args, { input })).stdout;

/** Pushes an image to the upstream and imports it as the tag `v1` of a stream of the same name. */
async function importNew(name: string, seed = name): Promise<GeneratedManifest> {
  const image = await pushImage(upstream, `team/${name}`, 'v1', { seed, size: 200_000 });
  const from = { kind: 'DockerImage', name: `${proxy.host}/team/${name}:v1` };
  const asked = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStreamImport',
    metadata: { name, namespace: 'shop' },
    spec: { import: true, images: [{ from, to: { name: 'v1' } }] },
  };
  await kubectl(['create', '-f', '-'], JSON.stringify(asked));
  const stream = await kubectl(['get', 'is', name, '-n', 'shop', '-o', 'jsonpath={.status.tags[0].items[0].image}']);
  expect(stream).toBe(image.descriptor.digest);
  return image;
}

const blobOf = (name: string, digest: string) => requestTo(target, `/v2/shop/${name}/blobs/${digest}`);

async function expectIntact(name: string, image: GeneratedManifest): Promise<void> {
  for (const reference of ['v1', image.descriptor.digest]) {
    expect((await getManifest(target, `shop/${name}`, reference)).body.equals(image.bytes)).toBe(true);
  }
  for (const { descriptor, bytes } of image.blobs) {
    expect((await blobOf(name, descriptor.digest)).body.equals(bytes)).toBe(true);
  }
}

type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;
const answers =
  (status: number): Fault =>
  (_, response) =>
    Boolean(response.writeHead(status, { 'retry-after': '17' }).end());
const hanging: ServerResponse[] = [];
const hangs: Fault = (_, response) => hanging.push(response) > 0;
const resets: Fault = (request) => Boolean(request.socket.destroy());

describe('an upstream that fails', () => {
  it.each<[string, Fault]>([
    ['never answers', hangs],
    ['answers 429', answers(429)],
    ['answers 503', answers(503)],
    ['resets its connections', resets],
  ])('because it %s does not keep from what is held', async (fault, fail) => {
    const name = fault.replaceAll(' ', '-');
    const image = await importNew(name);
    await expectIntact(name, image);
    proxy.fault = fail;
    await expectIntact(name, image);
  });

  it.each([
    [429, 'TOOMANYREQUESTS'],
    [503, 'UNAVAILABLE'],
  ])('with %i is passed on with its Retry-After when nothing is held', async (status, code) => {
    const name = `cold-${status}`;
    const image = await importNew(name);
    proxy.fault = answers(status);
    for (const answer of [
      await getManifest(target, `shop/${name}`, 'v1'),
      await blobOf(name, image.blobs[1]!.descriptor.digest),
    ]) {
      expect(answer).toMatchObject({ status, headers: { 'retry-after': '17' } });
      expect(errorCodesOf(answer)).toEqual([code]);
    }
    proxy.fault = () => false;
    await expectIntact(name, image);
  });

  it.each<[string, Fault]>([
    ['never answers', hangs],
    ['answers 429', answers(429)],
  ])('because it %s has the image before served by the tag, with a warning, until it is back', async (fault, fail) => {
    const name = `stale-${fault.replaceAll(' ', '-')}`;
    const old = await importNew(name);
    await expectIntact(name, old);
    const next = await importNew(name, `${name}, the next`);
    proxy.fault = fail;
    const stale = await getManifest(target, `shop/${name}`, 'v1');
    expect(stale).toMatchObject({ status: 200, headers: { 'docker-content-digest': old.descriptor.digest } });
    expect(stale.headers['warning']).toMatch(/^110 /);
    expect(stale.headers['age']).toMatch(/^\d+$/);
    proxy.fault = () => false;
    for (const response of hanging.splice(0)) response.destroy();
    await expect
      .poll(async () => (await getManifest(target, `shop/${name}`, 'v1')).body.equals(next.bytes), { timeout: 20_000 })
      .toBe(true);
    await expectIntact(name, next);
  });
});
