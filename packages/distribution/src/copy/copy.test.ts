import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  createImage,
  createIndex,
  digestOf,
  pushTree,
  startDockerRegistry,
  startLongshore,
  temporaryFolder,
} from '@longshore/testkit';
import type { GeneratedManifest, RunningRegistry } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import type { CopyEvent } from './execute.js';
import { FileRepository } from './file-repository.js';
import { Journal } from './journal.js';
import { OciLayout } from './oci-layout.js';
import { RegistrySource, RegistryTarget } from './registry-place.js';
import type { WantedImage } from './survey.js';
import { runCopy } from './testing/run-copy.js';

const client = new RegistryClient({ insecure: () => true });
afterAll(() => client.close());

async function copy(images: WantedImage[]): Promise<CopyEvent[]> {
  const { events, failures } = await runCopy(images);
  expect(failures).toEqual([]);
  return events;
}

describe.each(['docker-registry', 'Longshore'] as const)('between %s and folders', (kind) => {
  let registry: RunningRegistry;
  const index: GeneratedManifest = createIndex([
    createImage({ seed: 'amd', layers: 2, size: 3_000_000 }),
    createImage({ seed: 'arm', layers: 2, size: 300_000, platform: { os: 'linux', architecture: 'arm64' } }),
  ]);

  beforeAll(async () => {
    const root = temporaryFolder('copy-registry');
    registry =
      kind === 'docker-registry'
        ? await startDockerRegistry({ root })
        : await startLongshore({
            config: { version: '0.1', storage: { filesystem: { rootdirectory: root } }, http: { addr: '127.0.0.1:0' } },
          });
    await pushTree(registry, 'team/app', index, 'v1');
  });
  afterAll(() => registry.stop());

  const host = () => new URL(registry.url).host;
  const source = (name: string) => new RegistrySource(client, { host: host(), name });
  const target = (name: string, journal?: Journal) =>
    new RegistryTarget(client, { host: host(), name }, { chunkBytes: 1024 * 1024, journal, mount: true });

  it('goes to a folder, from there to another repository by mounts, and on to a layout', async () => {
    const dir = temporaryFolder('copy-v2');
    const journal = await Journal.open(join(dir, '.journal'));
    const folder = new FileRepository(dir, 'mirror/app', journal);
    await copy([{ source: source('team/app'), reference: 'v1', targets: [{ target: folder, tag: 'v1' }] }]);
    const base = join(dir, 'v2/mirror/app');
    expect(readlinkSync(join(base, 'manifests/v1'))).toBe(index.descriptor.digest);
    for (const name of readdirSync(join(base, 'blobs')))
      expect(digestOf(readFileSync(join(base, 'blobs', name)))).toBe(name);
    expect(readdirSync(join(base, 'blobs'))).toHaveLength(3 + 2 * 3);
    expect(statSync(join(base, 'manifests', index.descriptor.digest)).nlink).toBe(2);

    const events = await copy([
      { source: folder, reference: 'v1', targets: [{ target: target('other/app'), tag: 'v2' }] },
    ]);
    expect(events.filter(({ type }) => type === 'uploading')).toHaveLength(6);
    const mounted = await copy([
      { source: source('other/app'), reference: 'v2', targets: [{ target: target('third/app'), tag: 'v3' }] },
    ]);
    expect(mounted.filter(({ type }) => type === 'mounted')).toHaveLength(4);

    const layout = join(temporaryFolder('copy-oci'), 'layout');
    mkdirSync(layout);
    await copy([
      { source: source('third/app'), reference: 'v3', targets: [{ target: new OciLayout(layout), tag: 'v3' }] },
    ]);
    const { digest } = await new OciLayout(layout).manifest('v3');
    expect(digest).toBe(index.descriptor.digest);
    expect(
      await copy([
        { source: source('third/app'), reference: 'v3', targets: [{ target: target('third/app'), tag: 'v3' }] },
      ]),
    ).toEqual([]);
    await journal.close();
  });

  it('asks a new repository for no part of several images, and one with parts of an earlier run for each', async () => {
    const dir = temporaryFolder('copy-new');
    const images = [1, 2, 3, 4].map((number) => createImage({ seed: `new ${number}`, layers: 1, size: 1000 }));
    for (const [number, image] of images.entries()) await pushTree(registry, 'many/app', image, `v${number}`);
    const asked: string[] = [];
    const watched = new RegistryClient({
      insecure: () => true,
      onRequest: ({ operation, code }) => asked.push(`${operation} ${code}`),
    });
    const mirror = async (name: string, journal?: Journal) => {
      const to = new RegistryTarget(watched, { host: host(), name }, { chunkBytes: 1024 * 1024, journal, mount: true });
      const reference = (number: number) => ({ reference: `v${number}`, targets: [{ target: to, tag: `v${number}` }] });
      asked.splice(0);
      const events = await copy(images.map((_, number) => ({ source: source('many/app'), ...reference(number) })));
      expect(events.filter(({ type }) => type === 'pushed')).toHaveLength(4);
      return asked.filter((one) => one === 'blob 404').length;
    };
    expect(await mirror('many/new')).toBe(0);

    const journal = await Journal.open(join(dir, '.journal'));
    journal.set(`${host()} ${images[0]?.descriptor.digest ?? ''}`, 'many/begun');
    // A configuration and a layer of each image.
    expect(await mirror('many/begun', journal)).toBe(8);
    await journal.close();
    await watched.close();
  });
});
