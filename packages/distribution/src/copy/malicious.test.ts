/** What malicious images try, over each place from which they may come. */
import { readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobOf, createImage, createIndex, createManifest, digestOf, temporaryFolder } from '@longshore/testkit';
import type { GeneratedManifest } from '@longshore/testkit';
import { Header } from 'tar';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ImageArchive } from './image-archive.js';
import { ImageFolder } from './image-folder.js';
import { OciLayout } from './oci-layout.js';
import type { ImageSource } from './place.js';
import { tarPadded } from './tar-header.js';
import { runCopy } from './testing/run-copy.js';
import { contentsOf, PLACE_KINDS, UncheckedPlaces, type Content } from './testing/unchecked-places.js';

let dir: string;
let places: UncheckedPlaces;
beforeAll(async () => void (places = await UncheckedPlaces.start()));
afterAll(() => places.stop());
beforeEach(() => void (dir = temporaryFolder('malicious')));

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

/** Copies to a new layout, in which nothing may be left of what is refused. */
async function copyToLayout(source: ImageSource, reference: string): Promise<OciLayout> {
  const path = temporaryFolder('malicious-target');
  const target = new OciLayout(path);
  await runCopy([{ source, reference, targets: [{ target, tag: 'v1' }] }]).catch((error: unknown) => {
    expect(readdirSync(path)).not.toContain('index.json');
    throw error;
  });
  return target;
}

describe.each(PLACE_KINDS)('from %s', (kind) => {
  const write = (one: GeneratedManifest, contents: Content[]) => places.write(kind, dir, one, contents);
  const copy = async (one: GeneratedManifest, change = (contents: Content[]) => contents) => {
    const [source, reference] = await write(one, change(contentsOf(one)));
    return copyToLayout(source, reference);
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
    await expect(copy(manifest(100_000))).rejects.toMatchObject({ code: 'TOO_LARGE' });
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

const hex = (digest = '') => digest.slice('sha256:'.length);
const layerDigest = layer?.descriptor.digest ?? '';

it.each([
  ['the v2 folder', 'layer', `v2/a/blobs/${layerDigest}`],
  ['the v2 folder', 'tag', 'v2/a/manifests/v1'],
  ['oci:', 'layer', `blobs/sha256/${hex(layerDigest)}`],
  ['oci:', 'manifest', `blobs/sha256/${hex(image.descriptor.digest)}`],
  ['oci:', 'index', 'index.json'],
  ['dir:', 'layer', hex(layerDigest)],
  ['dir:', 'manifest', 'manifest.json'],
] as const)('from %s a %s that is a link to elsewhere is refused', async (kind, _, path) => {
  const [source, reference] = await places.write(kind, dir, image, contentsOf(image));
  // Even to what would fit.
  const outside = join(temporaryFolder('outside'), 'file');
  renameSync(join(dir, path), outside);
  symlinkSync(outside, join(dir, path));
  await expect(copyToLayout(source, reference)).rejects.toMatchObject({ code: 'INVALID' });
});

interface Member {
  path: string;
  content?: Buffer;
  linkTo?: string;
}

function memberOf({ path, content = Buffer.alloc(0), linkTo }: Member): Buffer {
  const header = Buffer.alloc(512);
  const type = linkTo === undefined ? 'File' : 'SymbolicLink';
  new Header({ path, size: content.byteLength, type, ...(linkTo !== undefined && { linkpath: linkTo }) }).encode(
    header,
  );
  return Buffer.concat([header, content, Buffer.alloc(tarPadded(content.byteLength) - content.byteLength)]);
}

describe('from docker-archive:', () => {
  const [plainLayer, config] = [Buffer.from('no compressed layer'), 'config.json'];
  const configOf = (change: object = {}) =>
    Buffer.from(
      JSON.stringify({ os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(plainLayer)] }, ...change }),
    );
  const honest = { Config: config, RepoTags: ['app:v1'], Layers: ['layer.tar'] };
  const archive = (saved: unknown, files: readonly Member[] = []) => {
    const content = Buffer.from(typeof saved === 'string' ? saved : JSON.stringify(saved));
    const names = new Set(files.map(({ path }) => path));
    const usual = [
      { path: config, content: configOf() },
      { path: 'layer.tar', content: plainLayer },
    ].filter(({ path }) => !names.has(path));
    writeFileSync(
      join(dir, 'a.tar'),
      Buffer.concat([{ path: 'manifest.json', content }, ...usual, ...files].map(memberOf)),
    );
    return copyToLayout(new ImageArchive('docker-archive', join(dir, 'a.tar')), '');
  };

  it('an honest image comes whole', async () => {
    expect((await (await archive([honest])).manifest('v1')).digest).toMatch(/^sha256:/);
  });

  it.each<[string, unknown, Member[], string]>([
    ['a configuration that leads out', [{ ...honest, Config: '../../etc/passwd' }], [], 'NOT_FOUND'],
    ['an absolute configuration', [{ ...honest, Config: '/etc/passwd' }], [], 'NOT_FOUND'],
    ['a layer that leads out', [{ ...honest, Layers: ['../../../../etc/passwd'] }], [], 'INCOMPLETE'],
    ['an absolute layer', [{ ...honest, Layers: ['/etc/passwd'] }], [], 'INCOMPLETE'],
    ['a layer that is a link out of it', [honest], [{ path: 'layer.tar', linkTo: '../../etc/passwd' }], 'INVALID'],
    ['an absolute link', [honest], [{ path: 'layer.tar', linkTo: '/etc/passwd' }], 'INVALID'],
    ['a link to itself', [honest], [{ path: 'layer.tar', linkTo: 'layer.tar' }], 'INVALID'],
    ['a file that leads out', [honest], [{ path: '../x', content: plainLayer }], 'INVALID'],
    ['an absolute file', [honest], [{ path: '/x', content: plainLayer }], 'INVALID'],
    ['a layer of other content', [honest], [{ path: 'layer.tar', content: Buffer.from('x') }], 'DIGEST_MISMATCH'],
    ['a layer too many', [{ ...honest, Layers: ['layer.tar', 'layer.tar'] }], [], 'INVALID'],
    ['no diff_ids', [honest], [{ path: config, content: configOf({ rootfs: {} }) }], 'INVALID'],
    [
      'a diff_id that is none',
      [honest],
      [{ path: config, content: configOf({ rootfs: { diff_ids: ['../x'] } }) }],
      'INVALID',
    ],
    ['a configuration without end', [honest], [{ path: config, content: Buffer.alloc(5_000_000, ' ') }], 'TOO_LARGE'],
    ['a configuration of brackets', [honest], [{ path: config, content: Buffer.alloc(1_000_000, '[') }], 'INVALID'],
    ['10,001 images', Array(10_001).fill({ Config: 'c', Layers: [] }), [], 'TOO_LARGE'],
    ['100,000 images', Array(100_000).fill({ Config: 'c', Layers: [] }), [], 'INVALID'],
    ['100,000 layers', [{ ...honest, Layers: Array(100_000).fill('layer.tar') }], [], 'TOO_LARGE'],
    ['a manifest.json without end', ' '.repeat(17_000_000), [], 'TOO_LARGE'],
    ['a manifest.json that is no list', { ...honest }, [], 'INVALID'],
    ['an image that is none', [null], [], 'INVALID'],
  ])('%s is refused', async (_, saved, files, code) => {
    await expect(archive(saved, files)).rejects.toMatchObject({ name: 'CopyError', code });
  });
});
