import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileDestination } from './log-destination.js';

let folder: string;
let path: string;
let fd: number;

beforeEach(() => {
  folder = temporaryFolder('log');
  path = join(folder, 'log');
  fd = openSync(path, 'a');
});

afterEach(() => {
  closeSync(fd);
});

describe('FileDestination', () => {
  it('writes every line once and in order', async () => {
    const destination = new FileDestination(fd);
    const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`);
    for (const line of lines) destination.write(line);
    await destination.flush();
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  });

  it('writes what waits when the process ends', () => {
    const destination = new FileDestination(fd);
    destination.write('last words\n');
    destination.flushAtExit();
    expect(readFileSync(path, 'utf8')).toBe('last words\n');
  });

  it('writes what waits at the end however long it was idle before', async () => {
    const destination = new FileDestination(fd);
    destination.write('first words\n');
    await destination.flush();
    await destination.flush();
    const later = performance.now() + 3_600_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    destination.write('last words\n');
    destination.flushAtExit();
    clock.mockRestore();
    expect(readFileSync(path, 'utf8')).toBe('first words\nlast words\n');
  });

  it('has nothing to flush when nothing was written', async () => {
    await new FileDestination(fd).flush();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('throws nothing when the descriptor cannot be written', async () => {
    const readOnly = openSync(path, 'r');
    try {
      const destination = new FileDestination(readOnly);
      destination.write('lost\n');
      await destination.flush();
      destination.write('lost\n');
      await destination.flush();
      destination.flushAtExit();
      expect(readFileSync(path, 'utf8')).toBe('');
    } finally {
      closeSync(readOnly);
    }
  });

  it('drops lines beyond its bound and tells how many', async () => {
    const destination = new FileDestination(fd);
    const dropped = new Promise<number>((resolve) => destination.onDropped(resolve));
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
    for (let count = 0; count < 10; count++) destination.write(line);
    const lost = await dropped;
    await destination.flush();
    expect(lost).toBeGreaterThan(0);
    expect(readFileSync(path, 'utf8').length).toBe((10 - lost) * line.length);
  });
});
