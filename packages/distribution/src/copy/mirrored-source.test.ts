import { createImage, StubRegistry, type GeneratedManifest } from '@longshore/testkit';
import type { Digest } from '@longshore/oci';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import { registriesConfSources } from '../sources/registries-conf-sources.js';
import { parseRegistriesConf } from '../sources/registries-conf.js';
import { registrySource } from './mirrored-source.js';

const image = createImage({ seed: 'mirrored', layers: 2 });
const other = createImage({ seed: 'other' });
const digestOf = ({ descriptor }: GeneratedManifest) => descriptor.digest as Digest;
const layer = { digest: image.blobs[1]?.descriptor.digest as Digest, size: image.blobs[1]?.descriptor.size ?? 0 };
const { signal } = new AbortController();

let mirror: StubRegistry;
let source: StubRegistry;
let client: RegistryClient;
beforeEach(async () => {
  [mirror, source] = await Promise.all([StubRegistry.start(), StubRegistry.start()]);
  client = new RegistryClient({ insecure: () => true, attempts: 1 });
});
afterEach(async () => {
  await client.close();
  await Promise.all([mirror.close(), source.close()]);
});

const opened = (conf: string) => {
  const text = conf.replaceAll('SOURCE', source.host).replaceAll('MIRROR', mirror.host);
  return registrySource(
    client,
    { host: source.host, name: 'team/app' },
    registriesConfSources(parseRegistriesConf(text, 'conf')),
  );
};
const MIRRORED = '[[registry]]\nlocation = "SOURCE/team"\n[[registry.mirror]]\nlocation = "MIRROR/copy"\n';
const contentOf = async (chunks: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
};

it('reads from the mirror, and asks the source nothing', async () => {
  mirror.publish('copy/app', image, 'v1');
  const from = opened(MIRRORED);
  expect(from).toMatchObject({ name: `${source.host}/team/app`, store: mirror.host, mountName: undefined });
  expect((await from.manifest('v1', { signal })).digest).toBe(digestOf(image));
  expect((await from.peek('v1', { signal }))?.digest).toBe(digestOf(image));
  expect(await contentOf(await from.openBlob(layer, 0, { signal }))).toEqual(image.blobs[1]?.bytes);
  const tags: string[] = [];
  for await (const tag of from.tags({ signal })) tags.push(tag);
  expect([tags, source.requests]).toEqual([['v1'], []]);
});

it('goes on to the source with what the mirror does not have', async () => {
  mirror.publish('copy/app', other, 'other');
  source.publish('team/app', image, 'v1');
  const from = opened(MIRRORED);
  expect((await from.manifest('other', { signal })).digest).toBe(digestOf(other));
  expect((await from.manifest(digestOf(image), { signal })).digest).toBe(digestOf(image));
  expect(await contentOf(await from.openBlob(layer, 0, { signal }))).toEqual(image.blobs[1]?.bytes);
});

it('tells what each place said: not found only if none has it', async () => {
  const from = opened(MIRRORED);
  await expect(from.manifest('v1', { signal })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(`${mirror.host}/copy/app:v1.*; ${source.host}/team/app:v1`) as string,
  });
  source.intercept = (_, response) => Boolean(response.writeHead(503).end());
  await expect(from.manifest('v1', { signal })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('never contacts a blocked source, whose mirrors may serve', async () => {
  source.publish('team/app', image, 'v1');
  const from = opened(`${MIRRORED.replace('[[registry.mirror]]', 'blocked = true\n[[registry.mirror]]')}`);
  await expect(from.manifest('v1', { signal })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(source.requests).toEqual([]);
  const nowhere = opened('[[registry]]\nlocation = "SOURCE"\nblocked = true\n');
  await expect(async () => nowhere.manifest('v1', { signal })).rejects.toMatchObject({ code: 'BLOCKED' });
});

it('is the registry itself where nothing stands in for it', () => {
  expect(opened('').mountName).toBe('team/app');
  expect(registrySource(client, { host: 'a.test', name: 'b' }).mountName).toBe('b');
});
