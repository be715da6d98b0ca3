/** Runs compiled code in processes of its own: `npm run build` must have run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { withTemporaryFile } from './temporary-file.js';

const MODULE = join(import.meta.dirname, '../dist/temporary-file.js');

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('temporary');
});

it.each([
  ['works', () => Promise.resolve()],
  ['fails', () => Promise.reject(new Error('full'))],
])('is gone after what %s, and so is what listened', async (_, end) => {
  const signals = ['exit', 'SIGHUP', 'SIGINT', 'SIGTERM'] as const;
  const listeners = () => signals.map((name) => process.listenerCount(name));
  const before = listeners();
  const work = withTemporaryFile(join(dir, 'a'), () => writeFile(join(dir, 'a'), 'half').then(end));
  expect(listeners()).toEqual(before.map((count) => count + 1));
  const other = withTemporaryFile(join(dir, 'b'), () => writeFile(join(dir, 'b'), 'half'));
  expect(listeners()).toEqual(before.map((count) => count + 1));
  await Promise.allSettled([work, other]);
  expect(listeners()).toEqual(before);
  expect(await readdir(dir)).toEqual([]);
});

describe('a process that ends with half a file', () => {
  /** Runs `whenThere` when the file is there, and sends the signal then. */
  async function ended(whenThere: string, signal?: NodeJS.Signals): Promise<unknown[]> {
    const path = join(dir, 'file');
    const script = `
      import { writeFile } from 'node:fs/promises';
      import { withTemporaryFile } from ${JSON.stringify(MODULE)};
      const path = ${JSON.stringify(path)};
      await withTemporaryFile(path, async () => {
        await writeFile(path, 'half');
        const hour = setTimeout(() => undefined, 3_600_000);
        ${whenThere}
        console.log('there');
        await new Promise(() => undefined);
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const end = once(child, 'exit');
    if (signal !== undefined) {
      await once(child.stdout, 'data');
      expect(existsSync(path)).toBe(true);
      child.kill(signal);
    }
    return end;
  }

  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)('leaves none after %s, of which it dies', async (signal) => {
    expect(await ended('', signal)).toEqual([null, signal]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('leaves none when it ends itself', async () => {
    expect(await ended('process.exit(3);')).toEqual([3, null]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('goes on where a signal is to end it in order', async () => {
    const listener = `process.on('SIGINT', () => void writeFile(path + '.seen', '').then(() => process.exit(4)));`;
    expect(await ended(listener, 'SIGINT')).toEqual([4, null]);
    expect(await readdir(dir)).toEqual(['file.seen']);
  });
});
