import fs from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errnoOf } from './errno.js';
import { PIECE_BYTES, WriteThread } from './write-thread.js';

let folder: string;
let fd: number;
beforeEach(() => {
  folder = temporaryFolder('write-thread');
  fd = fs.openSync(join(folder, 'file'), 'w+');
});
afterEach(() => {
  fs.closeSync(fd);
});

function shared(length: number): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(length + 100), 100);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31) >> 3;
  return bytes;
}

it.each([PIECE_BYTES + 1, 3 * PIECE_BYTES, 500_000])('writes %d bytes where they belong', async (length) => {
  const chunk = shared(length);
  const thread = new WriteThread();
  await Promise.all([thread.write(fd, chunk, 10), thread.write(fd, chunk, 10 + length)]);
  const expected = Buffer.concat([Buffer.alloc(10), Buffer.from(chunk), Buffer.from(chunk)]);
  expect(fs.readFileSync(join(folder, 'file')).equals(expected)).toBe(true);
});

it('takes only what is large and shared', () => {
  const thread = new WriteThread();
  expect(thread.takes(shared(PIECE_BYTES + 1))).toBe(true);
  expect(thread.takes(shared(PIECE_BYTES))).toBe(false);
  expect(thread.takes(new Uint8Array(PIECE_BYTES + 1))).toBe(false);
});

it('tells the failed system call, and goes on', async () => {
  const thread = new WriteThread();
  const readOnly = fs.openSync(join(folder, 'file'), 'r');
  const failure: unknown = await thread.write(readOnly, shared(100_000), 0).catch((error: unknown) => error);
  fs.closeSync(readOnly);
  expect(errnoOf(failure)).toBe('EBADF');
  await thread.write(fd, shared(100_000), 0);
  expect(fs.fstatSync(fd).size).toBe(100_000);
});
