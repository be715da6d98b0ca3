import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { OciLayout, StoreLimits } from '@longshore/distribution';
import {
  blobOf,
  createContainerTools,
  createImage,
  createIndex,
  createManifest,
  digestOf,
  MEDIA_TYPES,
  randomBytesOf,
  temporaryFolder,
  writeOciLayout,
} from '@longshore/testkit';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderPlaces, folderSource, type FolderFormat } from '../folder-places.js';
import { mirrorImages, type MirrorOptions } from '../mirror-images.js';
import { entryBytes, manifestText, readArchiveManifest, type ArchiveManifest } from './archive-manifest.js';
import { diffMedia } from './diff-media.js';
import { inventoryText, readInventory } from './inventory.js';
import { MediaArchive } from './media-archive.js';
import { packMedia, type PackOptions } from './pack-media.js';
import { planParts } from './plan-parts.js';
import { unpackMedia, type UnpackOptions } from './unpack-media.js';
import { verifyMedia } from './verify-media.js';

// Megabytes are written and read, and machines that test are busy.
vi.setConfig({ testTimeout: 180_000 });

const layer = (seed: string, size: number) => blobOf(randomBytesOf(seed, size), MEDIA_TYPES.oci.layer);
const config = (name: string) => blobOf(Buffer.from(JSON.stringify({ os: 'linux', name })), MEDIA_TYPES.oci.config);

/** In all images of two repositories. */
const SHARED = layer('shared', 100_000);
/** More than the parts of archives that tests make. */
const LARGE = layer('large', 2_500_000);

const IMAGES = {
  'org/app:v1': createManifest('oci', config('one'), [SHARED, LARGE]),
  'org/app:v2': createManifest('oci', config('two'), [SHARED, layer('two', 300_000)]),
  'org/list:v1': createIndex([
    createManifest('oci', config('amd'), [SHARED]),
    createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } }),
  ]),
};

const PART = 1024 * 1024;
const { signal } = new AbortController();
let archive: string;
let out: string;
beforeEach(() => {
  archive = temporaryFolder('archive');
  out = temporaryFolder('unpacked');
});

const verify = (dir: string) => verifyMedia(dir, { signal, onBytes: () => undefined });
const pack = (dir: string, change: Partial<PackOptions> = {}, to = archive) =>
  packMedia(dir, to, { partBytes: PART, signal, onBytes: () => undefined, onPart: () => undefined, ...change });
const unpack = (change: Partial<UnpackOptions> = {}, from = archive, to = out) =>
  unpackMedia(from, to, {
    signal,
    allowPartial: false,
    onPlan: () => undefined,
    onEvent: () => undefined,
    onError: ({ error }) => {
      throw error;
    },
    ...change,
  });
const contentsOf = (dir: string) =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(dir, name)).isFile() && !name.includes('.longshore'))
      .map((name) => [name, digestOf(readFileSync(join(dir, name)))]),
  );
/** Where content stands in a folder of a format. */
const pathOf = (format: 'v2' | 'oci', digest: string, repository = 'org/app') =>
  format === 'v2' ? `v2/${repository}/blobs/${digest}` : `blobs/${digest.replace(':', '/')}`;

const MIRRORING: MirrorOptions = {
  selection: { keepList: true },
  force: false,
  skipMissing: false,
  continueOnError: false,
  dryRun: false,
  limits: new StoreLimits(),
  signal,
  onPlan: () => undefined,
  onEvent: () => undefined,
  onNote: () => undefined,
  onError: ({ error }) => {
    throw error;
  },
};

/** A folder with images in a format, and a file of a signature beside them. */
async function makeMedia(
  format: FolderFormat,
  names: readonly (keyof typeof IMAGES)[] = ['org/app:v1', 'org/app:v2', 'org/list:v1'],
): Promise<string> {
  const layout = temporaryFolder('media-source');
  const dir = temporaryFolder('media');
  await writeOciLayout(layout, IMAGES);
  const places = new FolderPlaces(false);
  const images = await Promise.all(
    names.map(async (name) => {
      const [repository = '', tag = ''] = name.split(':');
      const target = await places.target(dir, repository, format);
      return { source: new OciLayout(layout), reference: name, targets: [{ target, tag }] };
    }),
  );
  await mirrorImages(images, MIRRORING);
  await places.close();
  mkdirSync(join(dir, 'config'), { recursive: true });
  writeFileSync(join(dir, 'config/signature-sha256-398cae49a9535649.json'), '{"kind":"ConfigMap"}\n');
  return dir;
}

describe.each(['v2', 'oci'] as const)('media in the format %s', (format) => {
  it('are whole, and tell what is there', async () => {
    const report = await verify(await makeMedia(format));
    expect(report).toMatchObject({ format, images: 3, problems: [], leftOvers: 0 });
    expect(report.inventory.images.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual(Object.keys(IMAGES));
    expect(report.inventory.images.map(({ digest }) => digest)).toEqual(
      Object.values(IMAGES).map(({ descriptor }) => descriptor.digest),
    );
    expect(report.inventory.blobs).toContainEqual({
      digest: LARGE.descriptor.digest,
      size: LARGE.descriptor.size,
    });
  });

  it('that are packed already lose the journal of a run that was killed at its very end', async () => {
    const dir = await makeMedia(format);
    await pack(dir);
    writeFileSync(join(archive, 'media.journal'), '');
    await pack(dir);
    expect(readdirSync(archive)).not.toContain('media.journal');
  });

  it('go through an archive and are the same, with names that FAT takes and no file beyond the size', async () => {
    const dir = await makeMedia(format);
    const { parts } = await pack(dir);
    expect(parts.length).toBeGreaterThan(2);
    const files = readdirSync(archive);
    expect(files.sort()).toEqual(['media.json', ...parts.map(({ name }) => name)].sort());
    for (const name of files) {
      expect(name).toMatch(/^[a-z0-9-]+\.[a-z]+$/);
      expect(statSync(join(archive, name)).size).toBeLessThanOrEqual(PART);
    }
    expect(await unpack()).toEqual({ images: 3, missing: [] });
    expect(contentsOf(out)).toEqual(contentsOf(dir));
    expect((await verify(out)).problems).toEqual([]);
  });

  it('are packed the same way each time, wherever packing was ended', async () => {
    const dir = await makeMedia(format);
    const undisturbed = temporaryFolder('archive');
    const { parts } = await pack(dir, {}, undisturbed);
    const total = parts.flatMap(({ entries }) => entries).reduce((sum, { size }) => sum + size, 0);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: total }), { maxLength: 3 }), async (ends) => {
        const to = temporaryFolder('archive');
        for (const end of ends) {
          const controller = new AbortController();
          const onBytes = (done: number) => void (done >= end && controller.abort(new Error('ended')));
          await pack(dir, { signal: controller.signal, onBytes }, to).catch((error: Error) =>
            expect(error.message).toBe('ended'),
          );
          expect(readdirSync(to).filter((name) => name.endsWith('.partial'))).toEqual([]);
        }
        await pack(dir, {}, to);
        expect(contentsOf(to)).toEqual(contentsOf(undisturbed));
        rmSync(to, { recursive: true });
      }),
      { numRuns: 8 },
    );
  });

  it('are unpacked again after any interruption', async () => {
    const dir = await makeMedia(format);
    await pack(dir);
    for (const end of [1, 90_000, 1_500_000]) {
      const controller = new AbortController();
      let done = 0;
      const onEvent: UnpackOptions['onEvent'] = (event) => {
        if (event.type === 'bytes' && (done += event.count) >= end) controller.abort(new Error('ended'));
      };
      await expect(unpack({ signal: controller.signal, onEvent })).rejects.toThrow('ended');
      if (existsSync(join(out, format === 'v2' ? 'v2' : 'oci-layout'))) {
        expect((await verify(out)).problems).toEqual([]);
      }
    }
    await unpack();
    expect(contentsOf(out)).toEqual(contentsOf(dir));
  });

  it('are carried as what is new, to who has the rest', async () => {
    const before = await makeMedia(format, ['org/app:v1']);
    await pack(before);
    await unpack();
    const file = join(temporaryFolder('have'), 'have.json');
    writeFileSync(file, inventoryText((await verify(out)).inventory));
    const have = await readInventory(file);
    const dir = await makeMedia(format);
    expect(await diffMedia(dir, have, signal)).toMatchObject({
      images: [
        { name: 'org/app:v2', change: 'added' },
        { name: 'org/list:v1', change: 'added' },
      ],
      unchanged: 1,
    });
    const delta = temporaryFolder('delta');
    const { leftOut } = await pack(dir, { have }, delta);
    expect(leftOut).toEqual(expect.arrayContaining([LARGE.descriptor.digest, SHARED.descriptor.digest]));
    const bytes = readdirSync(delta).reduce((sum, name) => sum + statSync(join(delta, name)).size, 0);
    expect(bytes).toBeLessThan(400_000);
    await expect(unpack({}, delta, temporaryFolder('elsewhere'))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('leaves out sha256:') as string,
    });
    await unpack({}, delta);
    expect(contentsOf(out)).toEqual(contentsOf(dir));
  });

  it('are carried in part, when somebody else has the rest', async () => {
    const v1 = await makeMedia(format, ['org/app:v1']);
    const { inventory } = await verify(v1);
    const dir = await makeMedia(format);
    const { leftOut } = await pack(dir, { have: inventory });
    const refused = (await unpack().catch((error: unknown) => error)) as Error;
    expect(refused).toMatchObject({ code: 'INCOMPLETE' });
    for (const digest of leftOut) expect(refused.message).toContain(digest);
    expect(readdirSync(out)).toEqual(['.longshore']);

    const { images, missing } = await unpack({ allowPartial: true });
    expect(images).toBe(3);
    expect(missing.map(({ digest }) => digest).sort()).toEqual(leftOut);
    const partial = await verify(out);
    expect(partial.images).toBe(3);
    const hurt = partial.problems.flatMap((problem) => problem.images);
    expect(hurt).toEqual(expect.arrayContaining(['org/app:v1', 'org/app:v2']));

    const mirrorTo = async (to: string) => {
      const places = new FolderPlaces(false);
      const target = await places.target(to, 'org/app', format);
      const source = folderSource(out, 'org/app');
      const wanted = [{ source, reference: 'v2', targets: [{ target, tag: 'v2' }] }];
      await mirrorImages(wanted, MIRRORING).finally(() => places.close());
    };
    // Who has the first image has what is missing.
    await mirrorTo(v1);
    expect((await verify(v1)).problems).toEqual([]);
    await expect(mirrorTo(temporaryFolder('other'))).rejects.toThrow(SHARED.descriptor.digest.slice(7));

    const whole = temporaryFolder('whole');
    await pack(dir, {}, whole);
    await unpack({}, whole);
    expect(contentsOf(out)).toEqual(contentsOf(dir));
  });

  it.each([
    ['a blob that is cut off', (path: string) => truncateSync(path, 1000), LARGE, ['org/app:v1']],
    ['a blob that is gone', (path: string) => rmSync(path), LARGE, ['org/app:v1']],
    [
      'a blob with another byte',
      (path: string) => writeFileSync(path, readFileSync(path).fill(1, 5, 6)),
      SHARED,
      ['org/app:v1', 'org/app:v2'],
    ],
    ['a manifest with another byte', (path: string) => appendFileSync(path, ' '), IMAGES['org/app:v2'], ['org/app:v2']],
  ])('are found wanting with %s', async (_, spoil, { descriptor: { digest } }, images) => {
    const dir = await makeMedia(format);
    spoil(join(dir, pathOf(format, digest)));
    const { problems, inventory } = await verify(dir);
    const hurt = problems.flatMap((problem) => problem.images);
    expect(hurt).toEqual(expect.arrayContaining(images));
    expect(problems.map(({ message }) => message).join('\n')).toContain(digest.slice(-64));
    expect(inventory.blobs.map((blob) => blob.digest)).not.toContain(digest);
    await expect(pack(dir)).rejects.toMatchObject({ name: 'CopyError' });
    expect(existsSync(join(archive, 'media.json'))).toBe(false);
  });

  it('are read by skopeo in an archive of one part', async () => {
    const dir = await makeMedia(format);
    await pack(dir, { partBytes: 100 * PART });
    const tools = await createContainerTools(temporaryFolder('tools'));
    const image = `oci-archive:${join(archive, 'media-000.tar')}:org/app:v1`;
    const { stdout } = await tools.run('skopeo', ['inspect', '--raw', image]);
    expect(digestOf(Buffer.from(stdout))).toBe(IMAGES['org/app:v1'].descriptor.digest);
  });
});

describe('an archive', () => {
  const edit = async (change: (manifest: ArchiveManifest) => void) => {
    const manifest = await readArchiveManifest(archive);
    change(manifest);
    writeFileSync(join(archive, 'media.json'), manifestText(manifest));
  };
  beforeEach(async () => void (await pack(await makeMedia('oci'))));

  it.each([
    [
      'a missing part',
      () => rmSync(join(archive, 'media-001.tar')),
      'INCOMPLETE',
      '1 of 3 parts are missing: media-001.tar',
    ],
    [
      'all parts missing',
      () => [0, 1, 2].forEach((part) => rmSync(join(archive, `media-00${part}.tar`))),
      'INCOMPLETE',
      'media-000.tar, media-001.tar, media-002.tar; put them',
    ],
    [
      'a part that is cut off',
      () => truncateSync(join(archive, 'media-002.tar'), 4096),
      'DIGEST_MISMATCH',
      'media-002.tar: has 4096 bytes',
    ],
    [
      'a link instead of a part',
      () => {
        renameSync(join(archive, 'media-001.tar'), join(archive, 'other'));
        symlinkSync('other', join(archive, 'media-001.tar'));
      },
      'INVALID',
      'media-001.tar: is a link or a folder',
    ],
    ['no manifest', () => rmSync(join(archive, 'media.json')), 'NOT_FOUND', 'was not packed to its end'],
    ['a manifest that is no JSON', () => truncateSync(join(archive, 'media.json'), 50), 'INVALID', 'is no JSON'],
    [
      'two parts that changed places',
      () => {
        renameSync(join(archive, 'media-001.tar'), join(archive, 'other'));
        renameSync(join(archive, 'media-002.tar'), join(archive, 'media-001.tar'));
        renameSync(join(archive, 'other'), join(archive, 'media-002.tar'));
      },
      expect.stringMatching(/^(INVALID|DIGEST_MISMATCH)$/) as string,
      'media-00',
    ],
  ])('with %s is refused', async (_, spoil, code, message) => {
    spoil();
    await expect(unpack()).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(readdirSync(out).filter((name) => name !== '.longshore')).toEqual([]);
  });

  it.each([
    ['leads out', '../../outside'],
    ['is absolute', '/tmp/outside'],
  ])('with an entry whose name %s is refused before anything is written', async (_, name) => {
    const path = join(archive, 'media-000.tar');
    const bytes = readFileSync(path);
    const at = bytes.indexOf('blobs/sha256/');
    bytes.fill(0, at, at + 100).write(name, at);
    writeFileSync(path, bytes);
    await expect(unpack()).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(`stands "${name}", and not the file blobs/sha256/`) as string,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('with a link where a file should be is refused', async () => {
    const path = join(archive, 'media-000.tar');
    const bytes = readFileSync(path);
    bytes.write('2', bytes.indexOf('blobs/sha256/') + 156);
    writeFileSync(path, bytes);
    await expect(unpack()).rejects.toMatchObject({ code: 'INVALID' });
  });

  it.each<[string, (manifest: ArchiveManifest) => void, string]>([
    [
      'a file that leads out',
      ({ files }) => void ((files[2] as { path: string }).path = 'config/../../x'),
      'is no file that belongs to media',
    ],
    [
      'an absolute file',
      ({ files }) => void ((files[2] as { path: string }).path = '/etc/passwd'),
      'is no file that belongs to media',
    ],
    [
      'a part elsewhere',
      ({ parts }) => void ((parts[0] as { name: string }).name = '../media-000.tar'),
      'is no name of a part',
    ],
    ['a part twice', ({ parts }) => void parts.push(parts[0] as ArchiveManifest['parts'][0]), 'names a part twice'],
    [
      'a repository that leads out',
      ({ images }) => void ((images[0] as { repository: string }).repository = '../a'),
      'is no name of a repository',
    ],
    [
      'a blob that is larger than its bytes',
      ({ blobs }) => void ((blobs[0] as { size: number }).size = 2 ** 50),
      'where it should not',
    ],
    [
      'an entry that is larger than its part',
      ({ parts }) => void ((parts[0]?.entries[0] as { size: number }).size = 2 ** 40),
      'its entries make',
    ],
    ['an entry for nothing', ({ files }) => void files.pop(), 'where it should not'],
    [
      'an image without content',
      ({ images }) => void ((images[0] as { digest: string }).digest = `sha256:${'0'.repeat(64)}`),
      'no such blob',
    ],
  ])('whose manifest names %s is refused', async (_, change, message) => {
    await edit(change);
    await expect(unpack()).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(message) as string,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('with a manifest of 100,000 files is read, and refused for what it lacks', async () => {
    await edit((manifest) => {
      for (let at = 0; at < 100_000; at += 1) {
        manifest.blobs.push({ digest: `sha256:${String(at).padStart(64, '0')}` as never, size: 1 });
      }
    });
    await expect(unpack()).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('has no blobs/') as string,
    });
  });

  it('with a changed byte of content shows nothing of it, and is found wanting', async () => {
    const path = join(archive, 'media-001.tar');
    const bytes = readFileSync(path);
    bytes.fill(bytes[600_000] === 1 ? 2 : 1, 600_000, 600_001);
    writeFileSync(path, bytes);
    const opened = await MediaArchive.open(archive);
    expect(await opened.checkDigests(signal, () => undefined)).toEqual(['media-001.tar']);
    await expect(unpack({ onError: () => undefined })).rejects.toMatchObject({
      cause: { code: 'DIGEST_MISMATCH' },
    });
    if (existsSync(join(out, 'oci-layout'))) expect((await verify(out)).problems).toEqual([]);
    expect(existsSync(join(out, pathOf('oci', LARGE.descriptor.digest)))).toBe(false);
  });

  it('any manifest of its shape is read or refused', async () => {
    const text = readFileSync(join(archive, 'media.json'), 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), async (at, other) => {
        writeFileSync(join(archive, 'media.json'), text.slice(0, at) + other + text.slice(at + other.length));
        await readArchiveManifest(archive).catch((error: unknown) =>
          expect(error).toMatchObject({ name: 'CopyError' }),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is not overwritten by another one', async () => {
    const other = await makeMedia('oci', ['org/app:v2']);
    await expect(pack(other)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('has another archive') as string,
    });
  });
});

describe('a folder to be verified', () => {
  it('may not have links to other places', async () => {
    const dir = await makeMedia('v2');
    const outside = temporaryFolder('outside');
    cpSync(join(dir, 'v2/org/app'), join(outside, 'app'), { recursive: true });
    symlinkSync(join(outside, 'app'), join(dir, 'v2/org/other'));
    symlinkSync('/etc/passwd', join(dir, 'v2/org/app/manifests/v3'));
    symlinkSync('../../../../outside', join(dir, `v2/org/app/blobs/sha256:${'0'.repeat(64)}`));
    const { problems } = await verify(dir);
    const words = problems.map(({ message }) => message).join('\n');
    expect(words).toContain('v2/org/other: is no file that belongs to media');
    expect(words).toContain('the link leads to "/etc/passwd"');
    expect(words).toContain(`blobs/sha256:${'0'.repeat(64)}: is no file that belongs to media`);
    expect(problems).toHaveLength(3);
  });

  it('must have images', async () => {
    mkdirSync(join(out, 'a'));
    await expect(verify(out)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps what a killed run has begun, and tells of it', async () => {
    const dir = await makeMedia('oci');
    writeFileSync(join(dir, `blobs/sha256/${'0'.repeat(64)}.download`), 'begun');
    expect(await verify(dir)).toMatchObject({ leftOvers: 1, problems: [] });
  });
});

describe('parts', () => {
  it('hold each byte of each file once and in order, and none is too large', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5_000_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: PART, max: 3 * PART }), (all, partBytes) => {
        const items = all.map((size, index) => ({ path: `blobs/sha256/${String(index).padStart(64, '0')}`, size }));
        const parts = planParts(items, partBytes);
        for (const entries of parts) {
          const bytes = entries.reduce((sum, one) => sum + entryBytes({ path: one.path, size: one.length }), 1024);
          expect(bytes).toBeLessThanOrEqual(partBytes);
        }
        const packed = parts.flat();
        for (const item of items) {
          let at = 0;
          for (const { start, length } of packed.filter((entry) => entry.item === item)) {
            expect(start).toBe(at);
            at += length;
          }
          expect(at).toBe(item.size);
        }
        expect(new Set(packed.map(({ path }) => path)).size).toBe(packed.length);
      }),
    );
  });
});
