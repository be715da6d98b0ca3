/** What malicious images try from packed media whose manifest is made to fit them. */
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutPath, TAR_END_BYTES, tarHeader, tarPadded } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { createImage, createIndex, digestOf, temporaryFolder, type GeneratedManifest } from '@longshore/testkit';
import { expect, it } from 'vitest';
import { entryBytes, manifestText } from './archive-manifest.js';
import { MediaArchive } from './media-archive.js';
import { unpackMedia } from './unpack-media.js';

interface Content {
  digest: Digest;
  bytes: Buffer;
}

const contentsOf = ({ descriptor, bytes, blobs, children }: GeneratedManifest): Content[] => [
  { digest: descriptor.digest as Digest, bytes },
  ...blobs.map((blob) => ({ digest: blob.descriptor.digest as Digest, bytes: blob.bytes })),
  ...children.flatMap(contentsOf),
];

/** An archive in which part, sizes and names fit each other, whatever the contents are. */
function archiveOf(image: GeneratedManifest, contents: readonly Content[]): string {
  const dir = temporaryFolder('malicious-archive');
  const entries = contents.map(({ digest, bytes }) => ({ path: layoutPath(digest), size: bytes.byteLength }));
  const part = Buffer.concat([
    ...contents.flatMap(({ bytes }, index) => {
      const { path, size } = entries[index] ?? { path: '', size: 0 };
      return [tarHeader(path, size), bytes, Buffer.alloc(tarPadded(size) - size)];
    }),
    Buffer.alloc(TAR_END_BYTES),
  ]);
  writeFileSync(join(dir, 'media-000.tar'), part);
  const manifest = {
    format: 'oci' as const,
    images: [{ repository: 'org/app', tag: 'v1', digest: image.descriptor.digest as Digest }],
    files: [],
    blobs: contents.map(({ digest, bytes }) => ({ digest, size: bytes.byteLength })),
    leftOut: [],
    parts: [{ name: 'media-000.tar', size: part.byteLength, digest: digestOf(part) as Digest, entries }],
  };
  writeFileSync(join(dir, 'media.json'), manifestText(manifest));
  return dir;
}

/** Unpacks it; the code of the failure is that of the image's. */
async function unpack(archive: string, media: string): Promise<number> {
  const quiet = { onPlan: () => undefined, onEvent: () => undefined };
  const { images } = await unpackMedia(archive, media, {
    allowPartial: false,
    ...quiet,
    signal: new AbortController().signal,
    onError: ({ error }) => {
      throw error;
    },
  });
  return images;
}

const image = createImage({ seed: 'media', size: 20_000 });
const [, layer] = image.blobs;
const nested = (depth: number): GeneratedManifest => (depth === 0 ? image : createIndex([nested(depth - 1)]));
const [inner, outer] = [nested(1), nested(2)];
const spoilt = (digest: string | undefined, change: (bytes: Buffer) => Buffer) => (all: Content[]) =>
  all.map((one) => (one.digest === digest ? { ...one, bytes: change(one.bytes) } : one));
const other = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]);

it('an honest image is unpacked', async () => {
  expect(await unpack(archiveOf(outer, contentsOf(outer)), temporaryFolder('malicious-media'))).toBe(1);
});

it.each<[string, GeneratedManifest, (contents: Content[]) => Content[], string]>([
  ['a layer of other content', image, spoilt(layer?.descriptor.digest, other), 'DIGEST_MISMATCH'],
  ['a shorter layer', image, spoilt(layer?.descriptor.digest, (bytes) => bytes.subarray(1)), 'DIGEST_MISMATCH'],
  ['a manifest of other content', image, spoilt(image.descriptor.digest, other), 'DIGEST_MISMATCH'],
  ['an image of a list of other content', outer, spoilt(image.descriptor.digest, other), 'DIGEST_MISMATCH'],
  ['a list that has itself as a part', outer, spoilt(inner.descriptor.digest, () => outer.bytes), 'DIGEST_MISMATCH'],
  ['lists in lists without end', nested(7), (all) => all, 'TOO_LARGE'],
  ['a manifest of more than 4 MiB', image, spoilt(image.descriptor.digest, () => Buffer.alloc(5_000_000)), 'TOO_LARGE'],
  ['a list without its image', outer, (all) => all.slice(0, 2), 'INCOMPLETE'],
  ['an image without a layer', image, (all) => all.slice(0, -1), 'INCOMPLETE'],
])('%s is refused', async (_, one, change, code) => {
  const media = temporaryFolder('malicious-media');
  await expect(unpack(archiveOf(one, change(contentsOf(one))), media)).rejects.toMatchObject({
    name: 'CopyError',
    code,
  });
  expect(existsSync(join(media, 'index.json'))).toBe(false);
});

it('a blob in very many pieces costs no more than each of them', async () => {
  const dir = temporaryFolder('malicious-archive');
  const [digest, name] = [image.descriptor.digest as Digest, 'media-000.tar'];
  const path = layoutPath(digest);
  const entries = Array.from({ length: 60_000 }, (_, piece) => ({ path: `${path}.${piece}`, size: 1 }));
  const size = entries.reduce((sum, entry) => sum + entryBytes(entry), TAR_END_BYTES);
  writeFileSync(join(dir, name), '');
  truncateSync(join(dir, name), size);
  const images = [{ repository: 'org/app', tag: 'v1', digest }];
  const parts = [{ name, size, digest, entries }];
  const blobs = [{ digest, size: entries.length }];
  writeFileSync(join(dir, 'media.json'), manifestText({ format: 'oci', images, files: [], blobs, leftOut: [], parts }));
  const archive = await MediaArchive.open(dir);
  expect(archive.has(digest)).toBe(true);
});
