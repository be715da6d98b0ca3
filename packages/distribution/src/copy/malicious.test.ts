/** What malicious images try, over each place from which they may come. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  blobOf,
  createImage,
  createIndex,
  createManifest,
  tarOf,
  temporaryFolder,
  writeOciLayout,
} from '@longshore/testkit';
import type { GeneratedManifest } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileRepository } from './file-repository.js';
import { ImageArchive } from './image-archive.js';
import { ImageFolder } from './image-folder.js';
import { OciLayout } from './oci-layout.js';
import type { ImageSource } from './place.js';
import { S3Repository } from './s3-repository.js';
import { S3Store } from './s3-store.js';
import { FakeS3 } from './testing/fake-s3.js';
import { runCopy } from './testing/run-copy.js';

let dir: string;
let s3: FakeS3;
let store: S3Store;
beforeAll(async () => {
  s3 = await FakeS3.start();
  const access = { insecure: () => true, credentials: () => [{ username: 'key', password: 'secret' }] };
  store = new S3Store({ host: s3.host, region: 'us-east-1', bucket: 'evil' }, access);
});
afterAll(async () => {
  await store.close();
  await s3.stop();
});
beforeEach(() => {
  dir = temporaryFolder('malicious');
  s3.objects.clear();
});

interface Content {
  digest: string;
  bytes: Buffer;
  isManifest: boolean;
}

const contentsOf = ({ descriptor, bytes, blobs, children }: GeneratedManifest): Content[] => [
  { digest: descriptor.digest, bytes, isManifest: true },
  ...blobs.map((blob) => ({ digest: blob.descriptor.digest, bytes: blob.bytes, isManifest: false })),
  ...children.flatMap(contentsOf),
];
const put = (path: string, bytes: Buffer) => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), bytes);
};
const hexOf = (digest: string) => digest.slice('sha256:'.length);

/** Writes an image to a place as it is, whatever is wrong with it. */
const PLACES: Record<string, (image: GeneratedManifest, contents: Content[]) => Promise<[ImageSource, string]>> = {
  'the v2 folder': async ({ bytes }, contents) => {
    for (const one of contents) put(`v2/a/${one.isManifest ? 'manifests' : 'blobs'}/${one.digest}`, one.bytes);
    put('v2/a/manifests/v1', bytes);
    return [new FileRepository(dir, 'a'), 'v1'];
  },
  'oci:': async (image, contents) => {
    await writeOciLayout(dir, { v1: image });
    for (const { digest, bytes } of contents) put(`blobs/sha256/${hexOf(digest)}`, bytes);
    return [new OciLayout(dir), 'v1'];
  },
  'oci-archive:': async (image, contents) => {
    await PLACES['oci:']?.(image, contents);
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(dir, name)).isFile(),
    );
    put('a.tar', tarOf(files.map((path) => ({ path, content: readFileSync(join(dir, path)) }))));
    return [new ImageArchive('oci-archive', join(dir, 'a.tar')), 'v1'];
  },
  'dir:': async ({ bytes }, contents) => {
    for (const one of contents) put(`${hexOf(one.digest)}${one.isManifest ? '.manifest.json' : ''}`, one.bytes);
    put('manifest.json', bytes);
    return [new ImageFolder(dir), ''];
  },
  's3://': async ({ bytes }, contents) => {
    for (const one of contents) {
      s3.objects.set(`evil/v2/a/${one.isManifest ? 'manifests' : 'blobs'}/${one.digest}`, {
        bytes: one.bytes,
        headers: {},
      });
    }
    s3.objects.set('evil/v2/a/manifests/v1', { bytes, headers: {} });
    return [new S3Repository(store, 'a'), 'v1'];
  },
};

const image = createImage({ seed: 'good', size: 50_000 });
const [, layer] = image.blobs;
const nested = (depth: number): GeneratedManifest => (depth === 0 ? image : createIndex([nested(depth - 1)]));
/** A list that says to be a part of itself: no digest can be right then. */
const circle = (() => {
  const inner = createIndex([image]);
  const outer = createIndex([inner]);
  return { ...outer, children: [{ ...outer, descriptor: inner.descriptor, children: [] }] };
})();
const manifest = (layers: number) =>
  createManifest(
    'oci',
    blobOf(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json'),
    Array.from({ length: layers }, (_, index) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: `sha256:${String(index).padStart(64, '0')}`,
      size: 1,
    })),
  );
const spoilt = (one: Content, isWanted: boolean) =>
  isWanted ? { ...one, bytes: Buffer.concat([one.bytes.subarray(0, -1), Buffer.from('x')]) } : one;

describe.each(Object.entries(PLACES))('from %s', (_, write) => {
  const copy = async (one: GeneratedManifest, change = (contents: Content[]) => contents) => {
    const [source, reference] = await write(one, change(contentsOf(one)));
    const back = new OciLayout(temporaryFolder('malicious-target'));
    await runCopy([{ source, reference, targets: [{ target: back, tag: 'v1' }] }]);
    return back;
  };

  it('an honest image comes whole', async () => {
    expect((await (await copy(nested(2))).manifest('v1')).digest).toBe(nested(2).descriptor.digest);
  });

  it.each<[string, GeneratedManifest, (contents: Content[]) => Content[], string]>([
    [
      'a layer that is not what its digest says',
      image,
      (all) => all.map((one) => spoilt(one, one.digest === layer?.descriptor.digest)),
      'DIGEST_MISMATCH',
    ],
    [
      'a layer that is shorter',
      image,
      (all) =>
        all.map((one) => (one.digest === layer?.descriptor.digest ? { ...one, bytes: one.bytes.subarray(1) } : one)),
      'DIGEST_MISMATCH',
    ],
    [
      'an image of a list that is not what its digest says',
      nested(1),
      (all) => all.map((one) => spoilt(one, one.digest === image.descriptor.digest)),
      'DIGEST_MISMATCH',
    ],
    ['lists in lists without end', nested(7), (all) => all, 'TOO_LARGE'],
    ['a list that has itself as a part', circle, (all) => all, 'DIGEST_MISMATCH'],
    [
      'a manifest of more than 4 MiB',
      { ...image, bytes: Buffer.concat([image.bytes, Buffer.alloc(5_000_000, ' ')]) },
      (all) => all,
      'TOO_LARGE',
    ],
  ])('%s is refused', async (_name, one, change, code) => {
    await expect(copy(one, change)).rejects.toMatchObject({ code });
  });

  it('100,000 layers are refused', async () => {
    await expect(copy(manifest(100_000))).rejects.toMatchObject({ name: 'CopyError' });
  });

  it('names that lead elsewhere are asked for nowhere', async () => {
    const [source] = await write(image, contentsOf(image));
    for (const name of ['../../../etc/passwd', '/etc/passwd', 'sha256:../../x', '..']) {
      if (source instanceof ImageFolder) continue;
      await expect(source.manifest(name, { signal: new AbortController().signal })).rejects.toMatchObject({
        code: expect.stringMatching(/^(NOT_FOUND|INVALID)$/) as string,
      });
    }
  });
});
