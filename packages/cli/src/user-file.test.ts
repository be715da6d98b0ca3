import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryFolder } from '@longshore/testkit';
import { expect, it } from 'vitest';
import { readUserFile, readUserInput } from './user-file.js';

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
