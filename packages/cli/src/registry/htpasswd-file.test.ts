import { chmod, chown, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { changeHtpasswd, readHtpasswd } from './htpasswd-file.js';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = temporaryFolder('users');
  file = join(dir, 'htpasswd');
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('changeHtpasswd', () => {
  it('makes a file that only its owner reads', async () => {
    await changeHtpasswd(file, (text) => `${text ?? 'nothing'} before\n`);
    expect(await readFile(file, 'utf8')).toBe('nothing before\n');
    expect(await modeOf(file)).toBe(0o600);
    expect(await readdir(dir)).toEqual(['htpasswd']);
  });

  it('keeps the mode of a file', async () => {
    await writeFile(file, 'old');
    await chmod(file, 0o640);
    await changeHtpasswd(file, () => 'new');
    expect(await modeOf(file)).toBe(0o640);
  });

  it.runIf(process.getuid?.() === 0)('keeps the owner of a file, who may be the user of the registry', async () => {
    await writeFile(file, 'old');
    await chown(file, 1234, 2345);
    await changeHtpasswd(file, () => 'new');
    const { uid, gid } = await stat(file);
    expect([uid, gid]).toEqual([1234, 2345]);
  });

  it('replaces the file behind a symbolic link', async () => {
    await writeFile(join(dir, 'real'), 'old');
    await symlink('real', file);
    await changeHtpasswd(file, (text) => `${text} and new`);
    expect(await readFile(join(dir, 'real'), 'utf8')).toBe('old and new');
    expect((await readdir(dir)).sort()).toEqual(['htpasswd', 'real']);
  });

  it('never writes into the present file, so that readers see all or nothing', async () => {
    await writeFile(file, 'old');
    const before = await stat(file);
    await changeHtpasswd(file, () => 'new');
    expect((await stat(file)).ino).not.toBe(before.ino);
  });

  it('leaves everything as it was when the change fails', async () => {
    await writeFile(file, 'old');
    const change = () => {
      throw new Error('no such user');
    };
    await expect(changeHtpasswd(file, change)).rejects.toThrow('no such user');
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(dir)).toEqual(['htpasswd']);
  });

  it('refuses while another change is under way', async () => {
    await writeFile(file, 'old');
    await writeFile(`${file}.new`, 'half');
    await expect(changeHtpasswd(file, () => 'new')).rejects.toThrow(/htpasswd\.new is there: somebody else/);
    expect(await readFile(`${file}.new`, 'utf8')).toBe('half');
  });

  it('loses no user when two are added at once', async () => {
    const add = async (name: string): Promise<void> => {
      try {
        await changeHtpasswd(file, (text = '') => `${text}${name}\n`);
      } catch {
        await add(name);
      }
    };
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map(add));
    expect((await readFile(file, 'utf8')).trim().split('\n').sort()).toEqual(names);
  });
});

describe('readHtpasswd', () => {
  it('says how to make a file that is not there', async () => {
    await expect(readHtpasswd(file)).rejects.toThrow('longshore registry user add');
  });
});
