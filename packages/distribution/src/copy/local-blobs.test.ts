import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  blobOf,
  createImage,
  createManifest,
  digestOfPulledBlob,
  getManifest,
  startDockerRegistry,
  StubRegistry,
  temporaryFolder,
  UpstreamProxy,
} from '@longshore/testkit';
import type { DockerRegistry } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import { FileRepository } from './file-repository.js';
import { Journal } from './journal.js';
import { RegistrySource, RegistryTarget } from './registry-place.js';
import { StoreLimits } from './store-limits.js';
import { runCopy } from './testing/run-copy.js';
import { Steps } from './testing/steps.js';

const base = createImage({ seed: 'base', layers: 1, size: 100_000 }).blobs[1] as ReturnType<typeof blobOf>;
const small = blobOf(Buffer.from('small'.repeat(50)));
const imageOf = (name: string) =>
  createManifest('oci', blobOf(Buffer.from(JSON.stringify({ name }))), [base, small, blobOf(Buffer.from(name))]);
const [first, second] = [imageOf('first'), imageOf('second')];

let registry: DockerRegistry;
let proxy: UpstreamProxy;
let client: RegistryClient;
let media: string;
let journal: Journal;
let count = 0;
let name: string;

beforeAll(async () => {
  registry = await startDockerRegistry({ root: temporaryFolder('local-blobs') });
  proxy = await UpstreamProxy.start(registry.url);
});
afterAll(async () => {
  await proxy.stop();
  await registry.stop();
});

/** A registry with the first image, and media with the second one but for what they have in common. */
beforeEach(async () => {
  const stub = await StubRegistry.start();
  client = new RegistryClient({ insecure: () => true, clock: new Steps() });
  proxy.fault = () => false;
  proxy.requests.length = 0;
  name = `lacking/app${(count += 1)}`;
  media = temporaryFolder('media');
  journal = await Journal.open(join(media, 'of-registry'));
  stub.publish('team/app', first, 'first');
  stub.publish('team/app', second, 'second');
  const source = new RegistrySource(client, { host: stub.host, name: 'team/app' });
  await runCopy([{ source, reference: 'first', targets: [{ target: to(`${name}-first`, journal), tag: 'v1' }] }]);
  const target = new FileRepository(media, 'org/app');
  await runCopy([{ source, reference: 'second', targets: [{ target, tag: 'second' }] }]);
  for (const { descriptor } of [base, small]) rmSync(join(media, 'v2/org/app/blobs', descriptor.digest));
  return async () => {
    await journal.close();
    await client.close();
    await stub.close();
  };
});

const to = (repository: string, known?: Journal, mount = true) =>
  new RegistryTarget(client, { host: proxy.host, name: repository }, { chunkBytes: 1_000_000, journal: known, mount });
const wanted = (target: RegistryTarget) => ({
  source: new FileRepository(media, 'org/app'),
  reference: 'second',
  targets: [{ target, tag: 'v2' }],
});

/** The first image, which is where it is wanted. */
const current = () => ({
  source: new RegistrySource(client, { host: proxy.host, name: `${name}-first` }),
  reference: 'v1',
  targets: [{ target: to(`${name}-first`), tag: 'v1' }],
});

/** The image is at the registry, whole. */
async function expectWhole(): Promise<void> {
  expect((await getManifest(registry, name, 'v2')).headers['docker-content-digest']).toBe(second.descriptor.digest);
  for (const { descriptor } of second.blobs) {
    expect(await digestOfPulledBlob(registry, name, descriptor.digest)).toBe(descriptor.digest);
  }
}

describe('blobs that media lack', () => {
  it('are mounted from where an earlier run left them', async () => {
    const { events } = await runCopy([wanted(to(name, journal))]);
    expect(events.filter(({ type }) => type === 'mounted')).toHaveLength(2);
    await expectWhole();
  });

  it('are mounted from another repository of the same run, which is asked for them', async () => {
    const { events } = await runCopy([current(), wanted(to(name))]);
    expect(events.filter(({ type }) => type === 'mounted')).toHaveLength(2);
    await expectWhole();
  });

  it.each([
    ['nobody knows where they are', () => [wanted(to(name))]],
    ['blobs are not to be mounted', () => [current(), wanted(to(name, undefined, false))]],
  ])('are told before anything is sent when %s', async (_, images) => {
    proxy.requests.length = 0;
    await expect(runCopy(images())).rejects.toMatchObject({ name: 'CopyError', code: 'INCOMPLETE' });
    expect(proxy.count('POST', '/blobs/uploads')).toBe(0);
  });

  it('are told when the registry does not mount, and what it began is given up', async () => {
    proxy.fault = (request) => {
      if (request.url?.includes('mount=') === true) request.url = request.url.replace(/\?.*$/, '');
      return false;
    };
    // The second blob finds that the first one was not mounted.
    const oneByOne = new StoreLimits({ maxStores: 1, maxPerStore: 1 });
    const { failures } = await runCopy([wanted(to(name, journal))], { continueOnError: true, limits: oneByOne });
    const { digest } = base.descriptor;
    expect(failures).toMatchObject([{ error: { name: 'CopyError', code: 'INCOMPLETE' }, tags: ['v2'] }]);
    expect((failures[0]?.error as Error).message).toBe(
      `${digest} is not there to be copied, and ${proxy.host} does not give it to ${name} from ${name}-first`,
    );
    expect(proxy.count('DELETE', '/blobs/uploads')).toBe(2);
    await expect(runCopy([wanted(to(name, journal))])).rejects.toMatchObject({ code: 'INCOMPLETE' });
  });
});
