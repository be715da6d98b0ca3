import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskRoom, lackOfRoom } from './disk-room.js';

const GIB = 1024 ** 3;
const fat = { bytes: 100 * GIB, largestFile: 4 * GIB - 1 };
const small = { bytes: 3 * GIB, largestFile: Infinity };

it.each([
  [[], small, undefined],
  [[GIB, 2 * GIB], small, undefined],
  [[GIB, 2 * GIB, 1], small, '/media has 3GiB left, and 3GiB are to come; make room, or use another disk'],
  [[4 * GIB - 1, 4 * GIB - 1], fat, undefined],
  [
    [1, 4 * GIB],
    fat,
    '/media is on a disk that holds no file of more than 4GiB, and one of 4GiB is to come; use another file system, such as exFAT',
  ],
])('files of %j in %j: %s', (files, room, words) => {
  expect(lackOfRoom('/media', files, room)).toBe(words);
});

it('is that of the folder above where there is none yet', async () => {
  expect((await diskRoom(join(tmpdir(), 'none'))).largestFile).toBe((await diskRoom(tmpdir())).largestFile);
});
