import { link, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryFolder } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';
import { readUserFile, readUserInput, writeUserFile } from './user-file.js';

const dir = temporaryFolder('user-file');
const file = join(dir, 'file');

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
  const place = temporaryFolder('written');
  const text = (name: string) => readFile(join(place, name), 'utf8');

  it('takes the place of the old one in one step, with its rights', async () => {
    await writeUserFile(join(place, 'new'), 'one', 0o640);
    await link(join(place, 'new'), join(place, 'old'));
    await writeUserFile(join(place, 'new'), 'two', 0o600);
    expect([await text('new'), await text('old')]).toEqual(['two', 'one']);
    expect((await stat(join(place, 'new'))).mode & 0o777).toBe(0o640);
    expect((await readdir(place)).sort()).toEqual(['new', 'old']);
  });

  it('leaves links where they are', async () => {
    await symlink('behind', join(place, 'link'));
    await writeUserFile(join(place, 'link'), 'three');
    expect(await text('behind')).toBe('three');
    expect(await text('link')).toBe('three');
  });

  it('needs its folder', async () => {
    await expect(writeUserFile(join(place, 'none/file'), 'x')).rejects.toThrow('ENOENT');
  });
});
