import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarOf, temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { Header, Pax } from 'tar';
import { beforeEach, describe, expect, it } from 'vitest';
import { TarFile } from './tar-file.js';
import { tarHeader, tarPadded } from './tar-header.js';

let path: string;
beforeEach(() => void (path = join(temporaryFolder('tar'), 'a.tar')));

function entry(data: ConstructorParameters<typeof Header>[0], content = Buffer.alloc(0)): Buffer {
  const block = Buffer.alloc(512);
  new Header({ mode: 0o644, size: content.byteLength, ...(data as object) }).encode(block);
  return Buffer.concat([block, content, Buffer.alloc(tarPadded(content.byteLength) - content.byteLength)]);
}

function archiveOf(...entries: Buffer[]): TarFile {
  writeFileSync(path, Buffer.concat([...entries, Buffer.alloc(1024)]));
  return new TarFile(path);
}

const file = (name: string, text: string) => entry({ path: name, type: 'File' }, Buffer.from(text));
const link = (name: string, linkpath: string, type: 'SymbolicLink' | 'Link' = 'SymbolicLink') =>
  entry({ path: name, linkpath, type });
const textOf = async (tar: TarFile, name: string) => (await tar.read(name, 100)).toString();

describe('an archive', () => {
  it('gives files by their names, whatever the names look like', async () => {
    const long = `folder/${'long'.repeat(60)}/file`;
    const tar = archiveOf(
      entry({ path: './folder/', type: 'Directory' }),
      file('./folder/a', 'one'),
      new Pax({ path: long }).encode(),
      file('short', 'two'),
      entry({ path: '././@LongLink', type: 'NextFileHasLongPath' }, Buffer.from(`${long}2\0`)),
      file('short', 'three'),
      link('folder/b', '../folder/a'),
      link('c', 'folder/b', 'Link'),
    );
    expect(await textOf(tar, 'folder/a')).toBe('one');
    expect(await textOf(tar, long)).toBe('two');
    expect(await textOf(tar, `${long}2`)).toBe('three');
    expect(await textOf(tar, 'c')).toBe('one');
    expect(await tar.size('folder/none')).toBeUndefined();
    await expect(tar.read('folder/none', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(tar.read('folder/a', 2)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it.each([
    ['a file that leads out', () => [file('a/../../x', '')], 'leads out of it'],
    ['an absolute file', () => [file('/etc/passwd', '')], 'has an absolute path'],
    ['a link that leads out', () => [link('a', '../etc/passwd')], 'leads out of it'],
    ['an absolute link', () => [link('a', '/etc/passwd')], 'has an absolute path'],
    ['a hard link that leads out', () => [link('a/b', '../x', 'Link')], 'leads out of it'],
    ['a file twice', () => [file('a', '1'), file('./a', '2')], 'has "a" twice'],
    ['what is no header', () => [file('a', '1'), Buffer.alloc(512, 'x')], 'has no header of a file at byte 1024'],
    ['a file that is cut off', () => [entry({ path: 'a', type: 'File', size: 10 ** 12 })], 'is cut off'],
    [
      'a file of a negative size',
      () => [Buffer.from(entry({ path: 'a', type: 'File' })).fill(0xff, 124, 136)],
      'has no header',
    ],
    ['gzip', () => [gzipSync(tarOf([]))], 'is compressed'],
  ])('with %s is refused', async (_, entries, words) => {
    await expect(archiveOf(...entries()).size('a')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(words) as string,
    });
  });

  it('with links in a circle is refused', async () => {
    await expect(archiveOf(link('a', 'b'), link('b', 'a')).size('a')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('in a circle') as string,
    });
  });

  it('with headers of headers without end is refused', async () => {
    const large = entry({ path: 'x', type: 'ExtendedHeader' }, Buffer.alloc(100_000, 'x'));
    await expect(archiveOf(large).size('a')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('with more than 100,000 files is refused', async () => {
    const many = Buffer.concat(Array.from({ length: 100_001 }, (_, index) => tarHeader(`${index}`, 0)));
    await expect(archiveOf(many).size('1')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('of any bytes is read or refused', async () => {
    const good = Buffer.concat([file('a', 'one'), link('b', 'a'), new Pax({ path: 'c' }).encode(), file('d', 'two')]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        await archiveOf(bytes)
          .size('a')
          .catch((error: unknown) => expect(error).toMatchObject({ name: 'CopyError' }));
      }),
    );
  });
});
