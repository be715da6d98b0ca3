import fs from 'node:fs';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FilesystemDriver } from './driver.js';

const TEMPORARY = '/docker/registry/v2/longshore/tmp';

const log = vi.hoisted((): string[] => []);

/** The real calls, but each sync is noted with the path that its descriptor has at that moment. */
vi.mock(import('./descriptor.js'), async (importOriginal) => {
  const original = await importOriginal();
  const noted = (call: (fd: number) => Promise<void>): typeof original.fsync =>
    Object.assign(
      async (fd: number) => {
        log.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
        await call(fd);
      },
      { __promisify__: undefined },
    );
  return { ...original, fsync: noted(original.fsync), fdatasync: noted(original.fdatasync) };
});

let root: string;
let driver: FilesystemDriver;

beforeEach(async () => {
  root = temporaryFolder('durability');
  driver = new FilesystemDriver({ rootDirectory: root });
  await driver.put('/warm', Buffer.alloc(1));
  log.length = 0;
});

function syncs(): string[] {
  const paths = log.map((path) => path.slice(root.length).replace(/\/\d+-[0-9a-f]+$/, '/*') || '/');
  log.length = 0;
  return paths;
}

describe.skipIf(process.platform !== 'linux')('durability of the filesystem driver', () => {
  it('put syncs the file first, then its folder and every folder with a new entry', async () => {
    await driver.put('/a/b/file', Buffer.from('text'));
    const [file, ...folders] = syncs();
    expect(file).toBe(`${TEMPORARY}/*`);
    expect(folders.sort()).toEqual(['/', '/a', '/a/b']);

    await driver.put('/a/b/file', Buffer.from('text'));
    expect(syncs()).toEqual([`${TEMPORARY}/*`, '/a/b']);
  });

  it('without durability nothing is synced, until somebody needs it', async () => {
    await driver.put('/a/b/file', Buffer.from('text'), { durable: false });
    await driver.move('/a/b/file', '/c/file', { durable: false });
    expect(syncs()).toEqual([]);

    await driver.put('/c/other', Buffer.from('text'));
    const [file, ...folders] = syncs();
    expect(file).toBe(`${TEMPORARY}/*`);
    expect(folders.sort()).toEqual(['/', '/c']);
  });

  it('move syncs the folder of the target before that of the source', async () => {
    await driver.put('/a/file', Buffer.from('text'));
    await driver.put('/b/file', Buffer.from('text'));
    syncs();
    await driver.move('/a/file', '/b/file');
    expect(syncs()).toEqual(['/b', '/a']);
  });

  it('move syncs the new name only when the folder of the source goes', async () => {
    await driver.put('/a/file', Buffer.from('text'));
    await driver.put('/b/file', Buffer.from('text'));
    syncs();
    await driver.move('/a/file', '/b/file', { sourceGoes: true });
    expect(syncs()).toEqual(['/b']);
  });

  it('move within a folder syncs it once', async () => {
    await driver.put('/a/file', Buffer.from('text'));
    syncs();
    await driver.move('/a/file', '/a/renamed');
    expect(syncs()).toEqual(['/a']);
  });

  it('a writer syncs its file when asked', async () => {
    const writer = await driver.writer('/a/file');
    await writer.write(Buffer.from('text'));
    expect(syncs()).toEqual([]);
    await writer.sync();
    expect(syncs()).toEqual(['/a/file']);
    await writer.close();
    expect(syncs()).toEqual([]);
  });
});
