import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { runProgram, SmallDisk, temporaryFolder } from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { readUserFile, readUserInput, writeUserFile } from './user-file.js';

const dir = temporaryFolder('user-file');
const file = join(dir, 'file');
const isRoot = process.getuid?.() === 0;

it('reads a file that is as large as it may be', async () => {
  await writeFile(file, 'x'.repeat(100));
  expect((await readUserFile(file, 100)).toString()).toBe('x'.repeat(100));
});

it.each([
  ['one that is larger', file, 'file: has more than the 99 bytes that are read'],
  ['one without an end', '/dev/zero', '/dev/zero: has more than the 99 bytes that are read'],
  ['none', join(dir, 'none'), 'ENOENT'],
  ['a folder', dir, 'EISDIR'],
])('refuses %s', async (_, path, message) => {
  await writeFile(file, 'x'.repeat(100));
  await expect(readUserFile(path, 99)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(message) as unknown,
  });
});

it('reads standard input, whatever kind of chunks come', async () => {
  expect((await readUserInput(Readable.from(['é', Buffer.from('x')]), 'standard input', 3)).toString()).toBe('éx');
  await expect(readUserInput(Readable.from(['four']), 'standard input', 3)).rejects.toMatchObject({
    message: 'standard input: has more than the 3 bytes that are read',
  });
});

describe('a file that is written', () => {
  let place: string;
  beforeEach(() => {
    place = temporaryFolder('written');
  });
  const at = (name: string) => join(place, name);
  const text = (name: string) => readFile(at(name), 'utf8');
  const names = async () => (await readdir(place)).sort();
  const rightsOf = async (name: string) => {
    const { mode, uid, gid } = await stat(at(name));
    return { mode: mode & 0o777, uid, gid };
  };

  /** Root may write anywhere. */
  const asUser = async (work: () => Promise<void>) => {
    if (!isRoot) return work();
    await chmod(dirname(place), 0o711);
    await chown(place, 1234, 1234);
    process.seteuid?.(1234);
    await work().finally(() => process.seteuid?.(0));
  };

  it('is as open as is asked, less what the process withholds', async () => {
    const before = process.umask(0o027);
    await writeUserFile(at('usual'), '');
    await writeUserFile(at('secret'), '', 0o600);
    process.umask(before);
    expect([(await rightsOf('usual')).mode, (await rightsOf('secret')).mode]).toEqual([0o640, 0o600]);
  });

  it.each([0o600, 0o644, 0o666])('takes the place of the old one in one step, with its rights %o', async (mode) => {
    await writeFile(at('new'), 'one');
    await chmod(at('new'), mode);
    await link(at('new'), at('old'));
    await writeUserFile(at('new'), 'two', 0o640);
    expect([await text('new'), await text('old')]).toEqual(['two', 'one']);
    expect((await rightsOf('new')).mode).toBe(mode);
    expect(await names()).toEqual(['new', 'old']);
  });

  it.each([
    ['to a file', 'file', 'old'],
    ['to nothing yet', 'file', undefined],
    ['to a link elsewhere', 'folder/link', 'old'],
  ])('stands behind a link %s', async (_, target, old) => {
    await mkdir(at('folder'));
    await symlink('../file', at('folder/link'));
    await symlink(target, at('link'));
    if (old !== undefined) {
      await writeFile(at('file'), old);
      await link(at('file'), at('kept'));
    }
    await writeUserFile(at('link'), 'new');
    expect((await lstat(at('file'))).isFile()).toBe(true);
    expect(await text('file')).toBe('new');
    expect(await text('kept').catch(() => undefined)).toBe(old);
    expect(await readlink(at('link'))).toBe(target);
    expect(await readdir(at('folder'))).toEqual(['link']);
  });

  it('may be a pipe', async () => {
    await runProgram('mkfifo', [at('pipe')]);
    const [read] = await Promise.all([text('pipe'), writeUserFile(at('pipe'), 'through')]);
    expect(read).toBe('through');
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
  });

  it('may be a device', async () => {
    await writeUserFile('/dev/null', 'x');
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
    await expect(writeUserFile('/dev/full', 'x')).rejects.toThrow(
      'failed to write /dev/full: write /dev/full: no space left on device',
    );
  });

  it('stays the file that somebody has open, when it is named by that', async () => {
    const file = await open(at('file'), 'w+');
    await file.write('long before');
    await symlink(`/proc/self/fd/${file.fd}`, at('stdout'));
    await writeUserFile(at('stdout'), 'new');
    expect((await file.stat()).nlink).toBe(1);
    expect(await text('file')).toBe('new');
    await file.close();
  });

  it.each([
    ['a folder that is not there', 'none/file', 'no such file or directory'],
    ['a folder that is a file', 'file/file', 'not a directory'],
    ['a folder', '', 'illegal operation on a directory'],
    ['a link to itself', 'loop', 'too many symbolic links encountered'],
  ])('cannot be written with %s', async (_, name, words) => {
    await writeFile(at('file'), 'old');
    await symlink('loop', at('loop'));
    await expect(writeUserFile(at(name), 'x')).rejects.toMatchObject({
      code: 'CLI_FAILED',
      message: `failed to write ${at(name)}: open ${at(name)}: ${words}`,
    });
    expect(await names()).toEqual(['file', 'loop']);
  });

  describe('with the rights of a user', () => {
    it('is written to where it stands, when its folder may not be changed', async () => {
      await asUser(async () => {
        await writeFile(at('file'), 'old and longer');
        const before = await stat(at('file'));
        await chmod(place, 0o555);
        await writeUserFile(at('file'), 'new');
        expect(await text('file')).toBe('new');
        expect((await stat(at('file'))).ino).toBe(before.ino);
        await expect(writeUserFile(at('other'), 'new')).rejects.toThrow(`open ${at('other')}: permission denied`);
        expect(await names()).toEqual(['file']);
        await chmod(place, 0o755);
      });
    });

    it('is not written when it may not be, whatever may be done to its folder', async () => {
      await asUser(async () => {
        await writeFile(at('file'), 'old');
        await chmod(at('file'), 0o444);
        await expect(writeUserFile(at('file'), 'new')).rejects.toThrow(`open ${at('file')}: permission denied`);
        expect(await text('file')).toBe('old');
      });
    });
  });

  describe.runIf(isRoot)('as root', () => {
    it('keeps its owner', async () => {
      await writeFile(at('file'), 'old');
      await chown(at('file'), 1234, 2345);
      await chmod(at('file'), 0o640);
      await writeUserFile(at('file'), 'new');
      expect(await rightsOf('file')).toEqual({ mode: 0o640, uid: 1234, gid: 2345 });
    });

    it('is written to where it stands, when its owner cannot be given to another file', async () => {
      await writeFile(at('file'), 'old and longer');
      await chmod(at('file'), 0o666);
      await asUser(() => writeUserFile(at('file'), 'new'));
      expect([await text('file'), await rightsOf('file')]).toEqual(['new', { mode: 0o666, uid: 0, gid: 0 }]);
      expect(await names()).toEqual(['file']);
    });

    it('is written to where it stands, when it is a mount of its own', async () => {
      await writeFile(at('mounted'), 'old and longer');
      await writeFile(at('file'), '');
      await runProgram('mount', ['--bind', at('mounted'), at('file')]);
      try {
        await writeUserFile(at('file'), 'new');
        expect(await text('mounted')).toBe('new');
        expect(await names()).toEqual(['file', 'mounted']);
      } finally {
        await runProgram('umount', [at('file')]);
      }
    });

    it('is the old one when the disk is full', async () => {
      const disk = await SmallDisk.mount(place, '64k');
      try {
        await writeUserFile(at('file'), 'old');
        disk.leave(4096);
        await expect(writeUserFile(at('file'), 'x'.repeat(9000))).rejects.toThrow(
          `failed to write ${at('file')}: write ${at('file')}: no space left on device`,
        );
        expect(await text('file')).toBe('old');
        expect(await names()).toEqual(['file', 'filler']);
      } finally {
        await disk.unmount();
      }
    });
  });
});
