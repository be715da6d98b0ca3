import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeStorageDriver } from '../conformance.js';
import { FilesystemDriver } from './driver.js';

const TEMPORARY = '/docker/registry/v2/longshore/tmp';

describeStorageDriver(
  'filesystem',
  async () => ({ driver: new FilesystemDriver({ rootDirectory: temporaryFolder('storage') }) }),
  { describe, it },
);

describe('FilesystemDriver', () => {
  let root: string;
  let driver: FilesystemDriver;

  beforeEach(() => {
    root = temporaryFolder('storage');
    driver = new FilesystemDriver({ rootDirectory: root });
  });

  it('makes its root when it first writes', async () => {
    const fresh = new FilesystemDriver({ rootDirectory: join(root, 'not/yet/there') });
    expect(fresh.statNow('/')).toBeUndefined();
    await expect(fresh.list('/')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await fresh.put('/file', Buffer.from('text'));
    expect(fs.readFileSync(join(root, 'not/yet/there/file'), 'utf8')).toBe('text');
  });

  it('keeps files of mode 0644 in folders of mode 0755', async () => {
    await driver.put('/a/put', Buffer.from('text'));
    await (await driver.writer('/b/written')).close();
    const modeOf = (path: string): number => fs.statSync(join(root, path)).mode & 0o7777;
    for (const file of ['a/put', 'b/written']) expect(modeOf(file)).toBe(0o644 & ~process.umask());
    for (const folder of ['a', 'b', TEMPORARY]) expect(modeOf(folder)).toBe(0o755 & ~process.umask());
  });

  it('leaves nothing in the temporary folder', async () => {
    await driver.put('/a/file', Buffer.from('text'));
    await driver.put('/b/file', Buffer.from('text'));
    await driver.delete('/a');
    await expect(driver.put('/b', Buffer.from('text'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(driver.put('/b/file/below', Buffer.from('text'))).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    expect(fs.readdirSync(join(root, TEMPORARY))).toEqual([]);
  });

  it('removes old temporary files and folders, and keeps young ones', async () => {
    await driver.put('/file', Buffer.from('text'));
    fs.writeFileSync(join(root, TEMPORARY, '1-file'), '');
    fs.mkdirSync(join(root, TEMPORARY, '1-folder/below'), { recursive: true });
    fs.utimesSync(join(root, TEMPORARY, '1-file'), 0, 0);
    const later = new FilesystemDriver({ rootDirectory: root, now: () => Date.now() + 3_600_000 });
    expect(await later.cleanTemporary(7_200_000)).toBe(0);
    expect(await later.cleanTemporary(1_800_000)).toBe(2);
    expect(fs.readdirSync(join(root, TEMPORARY))).toEqual([]);
    expect((await driver.get('/file')).toString()).toBe('text');
  });

  it('has nothing to clean before it ever wrote', async () => {
    expect(await driver.cleanTemporary(0)).toBe(0);
  });

  it('takes another temporary folder', async () => {
    const other = new FilesystemDriver({ rootDirectory: root, temporaryFolder: '/in-the-making' });
    await other.put('/file', Buffer.from('text'));
    expect(fs.readdirSync(root).sort()).toEqual(['file', 'in-the-making']);
    expect(() => new FilesystemDriver({ rootDirectory: root, temporaryFolder: '../x' })).toThrow(
      'must start with a slash',
    );
  });

  it('names the driver path in errors, not the machine path', async () => {
    fs.mkdirSync(join(root, 'folder'));
    const failures = await Promise.allSettled([
      driver.get('/absent'),
      driver.put('/folder', Buffer.alloc(0)),
      driver.stat('/absent'),
      driver.move('/absent', '/target'),
      driver.delete('/absent'),
    ]);
    for (const failure of failures) {
      expect(failure.status).toBe('rejected');
      expect(String(failure.status === 'rejected' && failure.reason)).toMatch(/^StorageError: \/(absent|folder): /);
      expect(String(failure.status === 'rejected' && failure.reason)).not.toContain(root);
    }
  });

  it('does not show files that no path can name', async () => {
    await driver.put('/folder/good', Buffer.alloc(0));
    for (const name of ['has space', 'ümlaut', 'back\\slash']) fs.writeFileSync(join(root, 'folder', name), '');
    expect(await driver.list('/folder')).toEqual({ names: ['good'], more: false });
  });

  it('does not follow links to files', async () => {
    fs.writeFileSync(join(root, 'outside'), 'secret');
    fs.mkdirSync(join(root, 'store'));
    fs.symlinkSync(join(root, 'outside'), join(root, 'store/link'));
    const inner = new FilesystemDriver({ rootDirectory: join(root, 'store') });
    expect(inner.statNow('/link')).toBeUndefined();
    expect(inner.getNow('/link')).toBeUndefined();
    await expect(inner.stat('/link')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(inner.get('/link')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(inner.open('/link')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(inner.writer('/link')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await inner.touch('/link');
    await inner.put('/link', Buffer.from('own'));
    expect(inner.getNow('/link')?.toString()).toBe('own');
    expect(fs.readFileSync(join(root, 'outside'), 'utf8')).toBe('secret');
  });

  it('takes a link to a folder as a folder, and deletes only the link', async () => {
    fs.mkdirSync(join(root, 'disk'));
    fs.mkdirSync(join(root, 'store'));
    fs.symlinkSync(join(root, 'disk'), join(root, 'store/blobs'));
    const inner = new FilesystemDriver({ rootDirectory: join(root, 'store') });
    await inner.put('/blobs/file', Buffer.from('text'));
    expect(inner.statNow('/blobs')?.kind).toBe('folder');
    expect((await inner.list('/blobs')).names).toEqual(['file']);
    await inner.delete('/blobs');
    expect(fs.readFileSync(join(root, 'disk/file'), 'utf8')).toBe('text');
  });

  it('stamps files by its clock, each later than the one before', async () => {
    const now = Date.UTC(2024, 0, 1);
    const clocked = new FilesystemDriver({ rootDirectory: root, now: () => now });
    await clocked.put('/first', Buffer.alloc(0));
    await clocked.put('/second', Buffer.alloc(0));
    await clocked.touch('/first');
    expect((await clocked.stat('/second')).modified).toBeGreaterThan(now);
    expect((await clocked.stat('/first')).modified).toBeGreaterThan((await clocked.stat('/second')).modified);
    expect((await clocked.stat('/first')).modified).toBeLessThan(now + 1);
  });

  it('shares its root with other drivers: one move wins', async () => {
    const drivers = Array.from({ length: 8 }, () => new FilesystemDriver({ rootDirectory: root, maxThreads: 1 }));
    await driver.put('/source', Buffer.from('text'));
    const moves = await Promise.allSettled(drivers.map((one, index) => one.move('/source', `/each/${index}`)));
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await driver.list('/each')).names).toHaveLength(1);
  });

  it('puts more files at once than it may have threads', async () => {
    const narrow = new FilesystemDriver({ rootDirectory: root, maxThreads: 2 });
    await Promise.all(Array.from({ length: 50 }, (_, index) => narrow.put(`/many/${index}`, Buffer.alloc(1))));
    expect((await narrow.list('/many')).names).toHaveLength(50);
  });
});

/** A small file system of its own; undefined where this process may not mount one. */
async function mountTmpfs(options: string): Promise<string | undefined> {
  const folder = temporaryFolder('storage');
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'longshore-test', folder]);
  if (status === 0) return folder;
  return undefined;
}

async function unmount(folder: string): Promise<void> {
  expect(spawnSync('umount', [folder]).status).toBe(0);
}

describe('FilesystemDriver on a file system that refuses', () => {
  const filesBelow = (root: string): string[] =>
    fs
      .readdirSync(root, { recursive: true, withFileTypes: true })
      .flatMap((entry) => (entry.isFile() ? entry.name : []));

  async function onTmpfs(options: string, skip: () => void, check: (root: string) => Promise<void>): Promise<void> {
    const root = await mountTmpfs(options);
    if (root === undefined) return skip();
    try {
      await check(root);
    } finally {
      await unmount(root);
    }
  }

  it('a put on a full disk fails, leaves nothing behind and works when there is room again', ({ skip }) =>
    onTmpfs('size=1m', skip, async (root) => {
      const driver = new FilesystemDriver({ rootDirectory: root });
      await driver.put('/full', Buffer.alloc(600_000));
      await expect(driver.put('/new/more', Buffer.alloc(600_000))).rejects.toMatchObject({
        code: 'DEVICE_OUT_OF_SPACE',
        path: '/new/more',
      });
      expect(filesBelow(root)).toEqual(['full']);
      expect(driver.statNow('/new')).toBeUndefined();
      await driver.delete('/full');
      await driver.put('/new/more', Buffer.alloc(600_000));
      expect(driver.statNow('/new/more')?.size).toBe(600_000);
    }));

  it('a write on a full disk fails, ends where it began and goes on when there is room again', ({ skip }) =>
    onTmpfs('size=1m', skip, async (root) => {
      const driver = new FilesystemDriver({ rootDirectory: root });
      await driver.put('/full', Buffer.alloc(400_000));
      const writer = await driver.writer('/upload');
      await writer.write(Buffer.alloc(400_000, 1));
      await expect(writer.write(Buffer.alloc(400_000, 2))).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_SPACE' });
      expect(writer.size).toBe(400_000);
      expect(driver.statNow('/upload')?.size).toBe(400_000);
      await driver.delete('/full');
      await writer.write(Buffer.alloc(400_000, 3));
      await writer.sync();
      await writer.close();
      const content = await driver.get('/upload');
      expect(content.equals(Buffer.concat([Buffer.alloc(400_000, 1), Buffer.alloc(400_000, 3)]))).toBe(true);
    }));

  it('without room for all new folders none is left behind', ({ skip }) =>
    onTmpfs('size=1m,nr_inodes=10', skip, async (root) => {
      const driver = new FilesystemDriver({ rootDirectory: root, temporaryFolder: '/tmp' });
      await driver.put('/file', Buffer.alloc(1));
      await expect(driver.put('/1/2/3/4/5/6/7/8/9/10', Buffer.alloc(1))).rejects.toMatchObject({
        code: 'DEVICE_OUT_OF_SPACE',
      });
      expect((await driver.list('/')).names).toEqual(['file', 'tmp']);
      await driver.put('/1/2/file', Buffer.alloc(1));
    }));

  it('a folder can be deleted when there is no room for a temporary name', ({ skip }) =>
    onTmpfs('size=1m,nr_inodes=6', skip, async (root) => {
      fs.mkdirSync(join(root, 'a/b'), { recursive: true });
      for (let number = 0; number < 3; number++) fs.writeFileSync(join(root, `a/b/${number}`), '');
      const driver = new FilesystemDriver({ rootDirectory: root, temporaryFolder: '/tmp' });
      await expect(driver.put('/file', Buffer.alloc(1))).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_SPACE' });
      await driver.delete('/a');
      expect(fs.readdirSync(root)).toEqual([]);
    }));

  it('a read-only file system serves reads and says what it is to writers', ({ skip }) =>
    onTmpfs('size=1m', skip, async (root) => {
      const driver = new FilesystemDriver({ rootDirectory: root });
      await driver.put('/folder/file', Buffer.from('text'));
      expect(spawnSync('mount', ['-o', 'remount,ro', root]).status).toBe(0);
      expect((await driver.get('/folder/file')).toString()).toBe('text');
      const refused = [
        driver.put('/other', Buffer.alloc(1)),
        driver.writer('/folder/file'),
        driver.writer('/new/file'),
        driver.move('/folder/file', '/folder/moved'),
        driver.delete('/folder/file'),
        driver.delete('/folder'),
        driver.touch('/folder/file'),
      ];
      for (const outcome of await Promise.allSettled(refused)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'READ_ONLY_FILESYSTEM' } });
      }
    }));

  it('says when source and target are on different file systems', ({ skip }) =>
    onTmpfs('size=1m', skip, async (root) => {
      const outer = temporaryFolder('storage');
      fs.symlinkSync(root, join(outer, 'elsewhere'));
      const driver = new FilesystemDriver({ rootDirectory: outer });
      await driver.put('/file', Buffer.from('text'));
      await expect(driver.move('/file', '/elsewhere/file')).rejects.toThrow('another file system');
      expect((await driver.get('/file')).toString()).toBe('text');
    }));
});
