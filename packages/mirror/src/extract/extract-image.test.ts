import { lstat, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MediaType } from '@longshore/oci';
import { temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryPath, linkDestination } from './entry-path.js';
import { extractImage, type ExtractOptions } from './extract-image.js';
import { ReadLimits } from './layer-entries.js';
import { selectLayers, splitLayerSelector } from './layer-selector.js';
import { fileMapping, mappedPath, parsePathMapping } from './path-mapping.js';
import { archiveOf, MemoryRepository, type TestEntry } from './testing/memory-image.js';

const file = (name: string, content = name, more: Partial<TestEntry> = {}): TestEntry => ({ name, content, ...more });
const folder = (name: string): TestEntry => ({ name, type: 'directory', mode: 0o755 });
const link = (name: string, linkname: string): TestEntry => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): TestEntry => ({ name, type: 'link', linkname });

interface Extracted {
  dir: string;
  skipped: string[];
}

async function extract(
  layers: readonly (readonly TestEntry[])[],
  {
    path = '/',
    dir = temporaryFolder('extract'),
    ...more
  }: Partial<ExtractOptions> & { path?: string; dir?: string } = {},
): Promise<Extracted> {
  const repository = new MemoryRepository();
  const archives = await Promise.all(layers.map(archiveOf));
  const image = repository.image(archives, {}, 'v1');
  return extractLayers(repository, image.layers, { path, dir, ...more });
}

async function extractLayers(
  repository: MemoryRepository,
  layers: ReturnType<MemoryRepository['image']>['layers'],
  {
    path = '/',
    dir = temporaryFolder('extract'),
    ...more
  }: Partial<ExtractOptions> & { path?: string; dir?: string } = {},
): Promise<Extracted> {
  const skipped: string[] = [];
  await extractImage(repository, layers, [{ ...parsePathMapping(`${path}:x`), destination: dir }], {
    limits: new ReadLimits(),
    onlyFiles: false,
    preserveOwnership: false,
    onExtracted: () => undefined,
    onSkipped: (name, reason) => skipped.push(`${name} ${reason}`),
    signal: new AbortController().signal,
    ...more,
  });
  return { dir, skipped };
}

/** What is in a folder: contents of files, `-> target` of links. */
async function tree(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    const stats = await lstat(join(dir, name));
    if (stats.isSymbolicLink()) found[name] = `-> ${await readlink(join(dir, name))}`;
    else if (stats.isFile()) found[name] = await readFile(join(dir, name), 'utf8');
  }
  return found;
}

describe('extractImage', () => {
  it.each<[string, TestEntry[][], Record<string, string>]>([
    ['one layer', [[folder('a'), file('a/b')]], { 'a/b': 'a/b' }],
    ['a file without its folder', [[file('./a/b/c', 'x')]], { 'a/b/c': 'x' }],
    ['the upper of two files', [[file('a', '1')], [file('a', '2')]], { a: '2' }],
    ['the later of two files of a layer', [[file('a', '1'), file('a', '2')]], { a: '2' }],
    ['no file that a whiteout takes away', [[file('a/b'), file('a/c')], [file('a/.wh.b', '')]], { 'a/c': 'a/c' }],
    ['no folder that a whiteout takes away', [[file('a/b/c')], [file('.wh.a', '')]], {}],
    [
      'a file that comes with a whiteout of its path',
      [[file('a', '1')], [file('.wh.a', ''), file('a', '2')]],
      { a: '2' },
    ],
    ['what comes with an opaque folder', [[file('a/b')], [file('a/.wh..wh..opq', ''), file('a/c')]], { 'a/c': 'a/c' }],
    ['nothing below an opaque root', [[file('a/b')], [file('.wh..wh..opq', ''), file('c')]], { c: 'c' }],
    ['a file in place of a folder', [[file('a/b')], [file('a', 'file')]], { a: 'file' }],
    ['a folder in place of a file', [[file('a')], [file('a/b')]], { 'a/b': 'a/b' }],
    ['no file below what is a link above', [[file('a/b')], [folder('c'), link('a', 'c')]], { a: '-> c' }],
    ['links inside', [[file('a'), link('b/c', '../a'), link('d', '/b/c')]], { a: 'a', 'b/c': '-> ../a', d: '-> b/c' }],
    ['other names', [[file('a', '1'), hard('b', 'a')]], { a: '1', b: '1' }],
    [
      'long names',
      [[file(`${'d'.repeat(90)}/${'f'.repeat(200)}`, 'x')]],
      { [`${'d'.repeat(90)}/${'f'.repeat(200)}`]: 'x' },
    ],
  ])('writes %s', async (_, layers, expected) => {
    const { dir, skipped } = await extract(layers);
    expect(skipped).toEqual([]);
    expect(await tree(dir)).toEqual(expected);
  });

  it.each([
    ['/usr/bin/', ['a', 'b', 'deep/c']],
    ['/usr/bin', ['bin/a', 'bin/b', 'bin/deep/c']],
    ['/usr/bin/a', ['a']],
    ['usr/bin/d*', ['deep/c']],
    ['/usr/b', []],
  ])('takes what %s means', async (path, expected) => {
    const layers = [[file('usr/bin/a'), file('usr/bin/b'), file('usr/bin/deep/c'), file('usr/lib/a'), file('etc')]];
    const { dir } = await extract(layers, { path });
    expect(Object.keys(await tree(dir))).toEqual(expected);
  });

  it('keeps rights and times, but no rights of the owner', async () => {
    const mtime = new Date('2020-01-02T03:04:05Z');
    const { dir } = await extract([[folder('d'), file('d/s', 'x', { mode: 0o4755, mtime })]]);
    const stats = await lstat(join(dir, 'd/s'));
    expect(stats.mode & 0o7777).toBe(0o755);
    expect(stats.mtime).toEqual(mtime);
  });

  it.each<[string, TestEntry, Partial<ExtractOptions & { path: string }>, string]>([
    [
      'a device',
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      {},
      'null is a device or a pipe',
    ],
    ['a link, when files are wanted', link('l', 'x'), { onlyFiles: true }, 'l is a link'],
    [
      'a link to what stays behind',
      link('a/l', '/etc/x'),
      { path: '/a/' },
      'a/l is a link to /etc/x, which is not extracted',
    ],
    ['another name of what stays behind', hard('b', 'none'), {}, 'b is another name of none, which is not extracted'],
  ])('skips %s', async (_, entry, options, reason) => {
    const { dir, skipped } = await extract([[entry]], options);
    expect({ skipped, tree: await tree(dir) }).toEqual({ skipped: [reason], tree: {} });
  });

  it.each<[string, TestEntry[], RegExp]>([
    ['a path out', [file('a/../../evil')], /leads out/],
    ['a link out', [link('a/b', '../../evil')], /leads out/],
    ['a file through its own link', [link('l', 'd'), folder('d'), file('l/evil')], /nothing is written through it/],
    ['another name through a link', [file('f'), folder('d'), link('l', 'd'), hard('l/evil', 'f')], /through it/],
    ['a file in place of its folder', [folder('a'), file('a')], /is a folder/],
  ])('refuses %s', async (_, entries, message) => {
    await expect(extract([entries])).rejects.toMatchObject({
      name: 'ImageError',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('never follows a link that was there before', async () => {
    const [dir, outside] = [temporaryFolder('extract'), temporaryFolder('outside')];
    await writeFile(join(outside, 'kept'), 'kept');
    await symlink(outside, join(dir, 'l'));
    await symlink(join(outside, 'kept'), join(dir, 'f'));
    await expect(extract([[file('l/evil')]], { dir })).rejects.toThrow(/through it/);
    await extract([[file('f', 'new')]], { dir });
    expect(await tree(outside)).toEqual({ kept: 'kept' });
    expect(await readFile(join(dir, 'f'), 'utf8')).toBe('new');
  });

  it('keeps absolute names inside', async () => {
    const { dir } = await extract([[file('/etc/x')]]);
    expect(await tree(dir)).toEqual({ 'etc/x': '/etc/x' });
  });
});

describe('archives that lie', () => {
  const packed = async (bytes: Buffer, change: (bytes: Buffer) => Buffer = (same) => same) => {
    const repository = new MemoryRepository();
    const layer = repository.add(bytes, MediaType.dockerLayerGzip);
    repository.blobs.set(layer.digest, change(bytes));
    return extractLayers(repository, [layer]);
  };
  const good = async () => gzipSync(await archiveOf([file('a')]));

  it('refuses another content than the digest says', async () => {
    const other = gzipSync(await archiveOf([file('b')]));
    await expect(packed(await good(), () => other)).rejects.toThrow(/other content/);
    await expect(packed(await good(), (bytes) => Buffer.concat([bytes, bytes]))).rejects.toThrow(/other content/);
  });

  it.each([
    ['what is no archive', Buffer.alloc(2048, 'x'), /no tar archive/],
    ['a broken packing', gzipSync(Buffer.alloc(9000, 1)).subarray(0, 20), /cannot be unpacked/],
    ['a bomb', gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 }), /far more/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(packed(bytes)).rejects.toMatchObject({
      name: 'ImageError',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('refuses a header that does not end', async () => {
    const header = Buffer.alloc(512);
    header.write('h');
    header.write('0000644\0'.padEnd(24, '0'), 100);
    header.write('77777777777\0', 124);
    header.write('        ', 148);
    header.write('x', 156);
    header.write('ustar\u000000', 257);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const random = Buffer.alloc(80 * 1024 * 1024, 'some text ');
    await expect(packed(Buffer.concat([header, random]))).rejects.toThrow(/Header exceeds max size/);
  });

  it('refuses 100,001 entries', async () => {
    const one = (await archiveOf([file('a', '')])).subarray(0, 512);
    const archive = Buffer.concat([...Array.from({ length: 100_001 }, () => one), Buffer.alloc(1024)]);
    const repository = new MemoryRepository();
    const layer = repository.add(archive, MediaType.ociLayer);
    const path = '/other/';
    await expect(extractLayers(repository, [layer], { path })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('packings', () => {
  it('reads zstd', async () => {
    // A frame with one raw block, and no checksum (RFC 8878 3.1.1).
    const archive = await archiveOf([file('a', 'zstd')]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(archive.length);
    const block = Buffer.alloc(3);
    block.writeUIntLE((archive.length << 3) | 1, 0, 3);
    const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size, block, archive]);
    const repository = new MemoryRepository();
    const { dir } = await extractLayers(repository, [repository.add(frame, MediaType.ociLayerZstd)]);
    expect(await tree(dir)).toEqual({ a: 'zstd' });
  });

  it('reads what is not packed', async () => {
    const repository = new MemoryRepository();
    const layer = repository.add(await archiveOf([file('a', 'plain')]), MediaType.dockerLayerGzip);
    const { dir } = await extractLayers(repository, [layer]);
    expect(await tree(dir)).toEqual({ a: 'plain' });
  });
});

describe('paths', () => {
  it('never lead out', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '', 'c');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 8 }), (path, target) => {
        for (const read of [() => entryPath(path.join('/')), () => linkDestination('a/b', target.join('/'))]) {
          let found = '';
          try {
            found = read();
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID' });
          }
          expect(found.split('/')).not.toContain('..');
          expect(found.startsWith('/')).toBe(false);
        }
      }),
    );
  });

  it.each(['/a', ':b', 'a:'])('%s is no mapping', (text) => {
    expect(() => parsePathMapping(text)).toThrow(/SRC:DST/);
  });

  it('of a file go into the folder by their last part', () => {
    const mapping = fileMapping('/usr/bin/oc', '.');
    expect(mappedPath(mapping, 'usr/bin/oc')).toBe('oc');
    expect(mappedPath(mapping, 'usr/bin/oc2')).toBeUndefined();
    expect(() => fileMapping('/usr/', '.')).toThrow(/is a folder/);
  });
});

describe('layer selectors', () => {
  const layers = ['aa', 'ab', 'cc'].map((start) => ({
    mediaType: 'x',
    digest: `sha256:${start.padEnd(64, '0')}` as never,
    size: 1,
  }));

  it.each([
    ['r/app:v1', [0, 1, 2]],
    ['r/app:v1[0]', [0]],
    ['r/app:v1[-1]', [2]],
    ['r/app:v1[1:3]', [1, 2]],
    ['r/app:v1[:-1]', [0, 1]],
    ['r/app:v1[~a]', [0, 1]],
    ['r/app:v1[~sha256:cc]', [2]],
  ])('%s', (text, expected) => {
    const { image, selector } = splitLayerSelector(text);
    expect(image).toBe('r/app:v1');
    expect(selectLayers(layers, selector)).toEqual(expected.map((index) => layers[index]));
  });

  it.each(['r/app[x]', 'r/app[]', '[0]', 'r/app[1][2]'])('%s is refused', (text) => {
    expect(() => splitLayerSelector(text)).toThrow(/must be written/);
  });

  it('must select a layer', () => {
    expect(() => selectLayers(layers, splitLayerSelector('r/app[7]').selector)).toThrow(/the image has 3/);
  });
});
