import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Digest } from '@longshore/oci';
import {
  createCertificateAuthority,
  createImage,
  createIndex,
  issueServerCertificate,
  pushTree,
  startDockerRegistry,
  temporaryFolder,
  writeHtpasswd,
  type DockerRegistry,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.js';

const ann = { name: 'ann', password: 'pass of ann' };
const credential = { username: ann.name, password: ann.password };
const images = ['one', 'two'].map((seed) => createImage({ seed, layers: 2, size: 5_000_000, mediaTypes: 'docker' }));
const index = createIndex(images, { mediaTypes: 'docker' });
const { signal } = new AbortController();
let registry: DockerRegistry;
let host: string;
let authority: string;

/** Debian's registry with TLS and a password file, and an index of two images in it. */
beforeAll(async () => {
  const dir = temporaryFolder('distribution-docker');
  const ca = await createCertificateAuthority(dir);
  authority = await readFile(ca.certificate, 'utf8');
  const htpasswd = join(dir, 'htpasswd');
  await writeHtpasswd(htpasswd, [ann]);
  const tls = await issueServerCertificate(ca, { dir });
  registry = await startDockerRegistry({ root: join(dir, 'data'), dir, tls, htpasswd });
  host = new URL(registry.url).host;
  const target = { url: registry.url, ca: authority, user: ann };
  await pushTree(target, 'team/app', index, '1.0');
});

afterAll(() => registry.stop());

async function collect(tags: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const tag of tags) all.push(tag);
  return all;
}

async function withClient<T>(
  credentials: { username: string; password: string }[],
  run: (client: RegistryClient) => Promise<T>,
) {
  const client = new RegistryClient({ credentials: () => credentials, trust: () => [authority] });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

describe("Debian's docker-registry", () => {
  it('gives an index, its children and their blobs, to many at a time', () =>
    withClient([credential], async (client) => {
      const repository = client.repository({ host, name: 'team/app' });
      const found = await repository.manifest('1.0', { signal });
      expect(found).toMatchObject({ digest: index.descriptor.digest, mediaType: index.descriptor.mediaType });
      const blobs = images.flatMap((image) => image.blobs);
      await Promise.all([
        ...images.map(async ({ descriptor, bytes }) => {
          const child = await repository.manifest(descriptor.digest, { signal });
          expect(Buffer.from(child.bytes).equals(bytes)).toBe(true);
        }),
        ...blobs.map(async ({ descriptor, bytes }) => {
          const { size, body } = await repository.blob(descriptor.digest as Digest, { signal });
          expect(size).toBe(descriptor.size);
          expect((await buffer(body)).equals(bytes)).toBe(true);
        }),
      ]);
      const { digest = '', size } = blobs[1]!.descriptor;
      expect(await repository.statBlob(digest as Digest, { signal })).toEqual({ size });
      const rest = await repository.blob(digest as Digest, { signal, start: 4_000_000 });
      expect((await buffer(rest.body)).equals(blobs[1]!.bytes.subarray(4_000_000))).toBe(true);
    }));

  it('lists its tags, and answers for what has not changed', () =>
    withClient([credential], async (client) => {
      const repository = client.repository({ host, name: 'team/app' });
      expect(await collect(repository.tags({ signal }))).toEqual(['1.0']);
      const stat = await repository.statManifest('1.0', { signal });
      expect(stat).toEqual({
        digest: index.descriptor.digest,
        mediaType: index.descriptor.mediaType,
        size: index.bytes.byteLength,
      });
      const { etag = '' } = await repository.manifest('1.0', { signal });
      expect(await repository.manifest('1.0', { signal, etag })).toBe('not-modified');
    }));

  it('does not have what was not pushed', () =>
    withClient([credential], async (client) => {
      const repository = client.repository({ host, name: 'team/app' });
      const missing = `sha256:${'0'.repeat(64)}` as Digest;
      for (const ask of [
        () => repository.manifest('2.0', { signal }),
        () => repository.statManifest('2.0', { signal }),
        () => repository.blob(missing, { signal }),
        () => repository.statBlob(missing, { signal }),
        () => collect(client.repository({ host, name: 'team/none' }).tags({ signal })),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404, hadCredentials: true });
      }
    }));

  it.each([
    ['without credentials', [], 'UNAUTHORIZED', false],
    ['with wrong ones', [{ username: 'ann', password: 'wrong' }], 'WRONG_CREDENTIALS', true],
  ])('%s gives nothing', (_, credentials, code, hadCredentials) =>
    withClient(credentials, async (client) => {
      await client.ping(host, { signal });
      const pull = client.repository({ host, name: 'team/app' }).manifest('1.0', { signal });
      await expect(pull).rejects.toMatchObject({ code, hadCredentials, status: 401 });
    }),
  );

  it('is tried with all credentials', () =>
    withClient([{ username: 'ann', password: 'wrong' }, credential], async (client) => {
      const found = await client.repository({ host, name: 'team/app' }).manifest('1.0', { signal });
      expect(found.digest).toBe(index.descriptor.digest);
    }));
});
