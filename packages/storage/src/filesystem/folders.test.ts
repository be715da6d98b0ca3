import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { DirectorySync } from './directory-sync.js';
import { Folders } from './folders.js';

let root: string;
let synced: string[];
let failing: boolean;
let folders: Folders;

beforeEach(async () => {
  root = temporaryFolder('folders');
  synced = [];
  failing = false;
  folders = new Folders(
    new DirectorySync(async (folder) => {
      synced.push(folder);
      if (failing) throw new Error('EIO');
    }),
  );
});

/** Makes a file the way drivers do. */
function touch(path: string): Promise<void> {
  return folders.within(dirname(join(root, path)), async () => fs.writeFileSync(join(root, path), ''));
}

/** What `sync` of a folder syncs, relative to the root, in alphabetical order. */
async function syncsOf(folder: string): Promise<string[]> {
  synced = [];
  await folders.sync(join(root, folder));
  return synced.map((path) => path.slice(root.length)).sort();
}

describe('Folders.within', () => {
  it('makes what is missing', async () => {
    await touch('a/b/c/file');
    expect(fs.existsSync(join(root, 'a/b/c/file'))).toBe(true);
    expect(fs.statSync(join(root, 'a/b')).mode & 0o777).toBe(0o755 & ~process.umask());
  });

  it('leaves nothing behind when the action fails for another reason', async () => {
    await expect(folders.within(join(root, 'a'), () => Promise.reject(new Error('other')))).rejects.toThrow('other');
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('tries first where the folder is expected', async () => {
    fs.mkdirSync(join(root, 'a'));
    const seen: boolean[] = [];
    const action = async (folder: string) => {
      seen.push(fs.existsSync(folder));
      fs.writeFileSync(join(folder, 'file'), '');
    };
    for (const name of ['a', 'b']) await folders.within(join(root, name), () => action(join(root, name)), true);
    expect(seen).toEqual([true, false, true]);
  });

  it('makes a folder again that it knew and that was deleted', async () => {
    await touch('a/file');
    fs.rmSync(join(root, 'a'), { recursive: true });
    await touch('a/file');
    expect(await syncsOf('a')).toEqual(['', '/a']);
  });

  it('makes the folder again when it was deleted in between', async () => {
    let attempts = 0;
    await folders.within(join(root, 'a/b'), async () => {
      if (++attempts === 2) fs.rmSync(join(root, 'a'), { recursive: true });
      if (attempts === 1) fs.rmdirSync(join(root, 'a/b'));
      fs.writeFileSync(join(root, 'a/b/file'), '');
    });
    expect(attempts).toBe(3);
    expect(fs.existsSync(join(root, 'a/b/file'))).toBe(true);
  });

  it('removes what it made when the action fails for good', async () => {
    fs.mkdirSync(join(root, 'old'));
    const action = async (): Promise<void> => {
      if (!fs.existsSync(join(root, 'old/a/b'))) fs.readFileSync(join(root, 'old/a/b/absent'));
      throw new Error('for good');
    };
    await expect(folders.within(join(root, 'old/a/b'), action)).rejects.toThrow('for good');
    expect(fs.readdirSync(join(root, 'old'))).toEqual([]);
    expect(await syncsOf('old')).toEqual(['/old']);
  });

  it('keeps what it made when somebody else uses it by then', async () => {
    const action = async (): Promise<void> => {
      if (!fs.existsSync(join(root, 'a/b'))) fs.readFileSync(join(root, 'a/b/absent'));
      fs.writeFileSync(join(root, 'a/used'), '');
      throw new Error('for good');
    };
    await expect(folders.within(join(root, 'a/b'), action)).rejects.toThrow('for good');
    expect(fs.readdirSync(join(root, 'a'))).toEqual(['used']);
    expect(await syncsOf('a')).toEqual(['', '/a']);
  });

  it('gives up when the action never finds what it needs', async () => {
    const action = async (): Promise<void> => void fs.readFileSync(join(root, 'a/absent'));
    await expect(folders.within(join(root, 'a'), action)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('fails when a file stands in the way, and leaves nothing behind', async () => {
    fs.writeFileSync(join(root, 'file'), '');
    await expect(touch('file/a/b')).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(fs.readdirSync(root)).toEqual(['file']);
  });
});

describe('Folders.sync', () => {
  it('syncs the entries of new folders once, the folder each time', async () => {
    await touch('a/b/c/file');
    expect(await syncsOf('a/b/c')).toEqual(['', '/a', '/a/b', '/a/b/c']);
    expect(await syncsOf('a/b/c')).toEqual(['/a/b/c']);
  });

  it('makes up for folders that another call made and did not sync', async () => {
    await touch('a/file');
    await touch('a/b/file');
    expect(await syncsOf('a')).toEqual(['', '/a']);
    expect(await syncsOf('a/b')).toEqual(['/a', '/a/b']);
  });

  it('tries again after a failure', async () => {
    await touch('a/b/file');
    failing = true;
    await expect(folders.sync(join(root, 'a/b'))).rejects.toThrow('EIO');
    failing = false;
    expect(await syncsOf('a/b')).toEqual(['', '/a', '/a/b']);
  });

  it('waits for folders that are being made', async () => {
    const making = touch('a/b/file');
    const other = folders.within(join(root, 'a/b'), async () => fs.writeFileSync(join(root, 'a/b/other'), ''));
    await Promise.all([making, other]);
    expect(await syncsOf('a/b')).toEqual(['', '/a', '/a/b']);
  });

  it('follows a folder that moves, and forgets one that is deleted', async () => {
    await touch('a/b/file');
    fs.renameSync(join(root, 'a'), join(root, 'z'));
    folders.moved(join(root, 'a'), join(root, 'z'));
    expect(await syncsOf('z/b')).toEqual(['', '/z', '/z/b']);

    await touch('y/x/file');
    folders.moved(join(root, 'y'));
    expect(await syncsOf('y/x')).toEqual(['/y/x']);
  });

  it('syncs the oldest at once when there are too many to remember', async () => {
    for (let number = 0; number < 1030; number++) await touch(`${number}/file`);
    expect(synced).toEqual(Array<string>(6).fill(root));
    expect(await syncsOf('0')).toEqual(['/0']);
    expect(await syncsOf('6')).toEqual(['', '/6']);
  });
});
