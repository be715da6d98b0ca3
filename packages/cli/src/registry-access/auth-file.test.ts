import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { beforeEach, expect, it } from 'vitest';
import { changeAuthFile } from './auth-file.js';

let dir: string;
beforeEach(() => (dir = temporaryFolder('auth-file')));

it('makes a file, and its folder, that only its owner reads', async () => {
  const file = join(dir, 'containers/auth.json');
  await changeAuthFile(file, (text) => `made of ${text}`);
  expect(await readFile(file, 'utf8')).toBe('made of undefined');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, 'containers'))).mode & 0o777).toBe(0o700);
});

it('changes the file behind a link, also one that others could read', async () => {
  await writeFile(join(dir, 'real.json'), 'old', { mode: 0o644 });
  await symlink('real.json', join(dir, 'auth.json'));
  await changeAuthFile(join(dir, 'auth.json'), (text) => `${text} and new`);
  expect(await readFile(join(dir, 'real.json'), 'utf8')).toBe('old and new');
  expect((await stat(join(dir, 'real.json'))).mode & 0o777).toBe(0o600);
});

it('loses no change of many at a time', async () => {
  const file = join(dir, 'auth.json');
  await Promise.all(Array.from({ length: 20 }, () => changeAuthFile(file, (text = '') => `${text}x`)));
  expect(await readFile(file, 'utf8')).toBe('x'.repeat(20));
});

it('leaves the file as it is, and nothing beside it, when the change fails', async () => {
  const file = join(dir, 'auth.json');
  await writeFile(file, 'old');
  const fail = () => {
    throw new Error('not JSON');
  };
  await expect(changeAuthFile(file, fail)).rejects.toThrow(`${file}: not JSON`);
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readdir(dir)).toEqual(['auth.json']);
});

it('tells what cannot be written', async () => {
  await writeFile(join(dir, 'file'), '');
  await expect(changeAuthFile(join(dir, 'file/auth.json'), () => '')).rejects.toMatchObject({ code: 'CLI_FAILED' });
  await expect(changeAuthFile(dir, () => '')).rejects.toThrow(`${dir} cannot be read: EISDIR`);
});
