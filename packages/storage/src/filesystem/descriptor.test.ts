import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeAll, describe, expect, it } from 'vitest';
import { secondsOf, SharedDescriptor, writeAllAt } from './descriptor.js';

describe('writeAllAt', () => {
  it('writes every byte once, in its place, however short each call falls', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 9 }),
        sizes,
        async (chunk, at, steps) => {
          const file = new Uint8Array(at + chunk.length);
          let calls = 0;
          await writeAllAt(3, chunk, at, (_fd, buffer, offset, length, position, done) => {
            const written = Math.min(length, steps[calls++ % steps.length] ?? 1);
            file.set(buffer.subarray(offset, offset + written), position);
            done(null, written);
          });
          expect(file.subarray(at)).toEqual(chunk);
        },
      ),
    );
  });

  it('makes no call for nothing', async () => {
    await writeAllAt(3, new Uint8Array(0), 0, () => expect.unreachable());
  });

  it('fails with the error of a later call', async () => {
    let calls = 0;
    const writing = writeAllAt(3, new Uint8Array(10), 0, (_fd, _buffer, _offset, _length, _position, done) =>
      calls++ === 0 ? done(null, 4) : done(new Error('ENOSPC'), 0),
    );
    await expect(writing).rejects.toThrow('ENOSPC');
  });

  it('does not go on for ever when nothing is written', async () => {
    const writing = writeAllAt(3, new Uint8Array(10), 0, (_fd, _buffer, _offset, _length, _position, done) =>
      done(null, 0),
    );
    await expect(writing).rejects.toThrow('no more bytes');
  });
});

describe.each([true, false])('SharedDescriptor, nothing left to write: %s', (clean) => {
  let folder: string;
  beforeAll(async () => {
    folder = temporaryFolder('descriptor');
  });

  function isOpen(fd: number): boolean {
    try {
      fs.fstatSync(fd);
      return true;
    } catch {
      return false;
    }
  }

  it('closes when the last pending call has ended, and lets no new one begin', async () => {
    const fd = fs.openSync(join(folder, 'file'), 'w');
    const descriptor = new SharedDescriptor('/file', fd);
    const ends: (() => void)[] = [];
    const calls = [0, 1].map(() => descriptor.use(() => new Promise<void>((resolve) => ends.push(resolve))));
    const closing = descriptor.close(clean);
    await expect(descriptor.use(async () => undefined)).rejects.toMatchObject({ code: 'UNKNOWN', path: '/file' });
    ends[0]?.();
    await calls[0];
    await new Promise(setImmediate);
    expect(isOpen(fd)).toBe(true);
    ends[1]?.();
    await calls[1];
    await closing;
    expect(isOpen(fd)).toBe(false);
  });

  it('closes also when the pending call fails', async () => {
    const fd = fs.openSync(join(folder, 'file'), 'w');
    const descriptor = new SharedDescriptor('/file', fd);
    const call = descriptor.use(() => Promise.reject(new Error('EIO')));
    const closing = descriptor.close(clean);
    await expect(call).rejects.toThrow('EIO');
    await closing;
    expect(isOpen(fd)).toBe(false);
  });

  it('closes once, whoever has the number by then', async () => {
    const descriptor = new SharedDescriptor('/file', fs.openSync(join(folder, 'file'), 'w'));
    await descriptor.close(clean);
    const next = fs.openSync(join(folder, 'file'), 'r');
    await descriptor.close(clean);
    expect(isOpen(next)).toBe(true);
    fs.closeSync(next);
  });
});

describe('secondsOf', () => {
  it('brings whole milliseconds through a file unchanged', async () => {
    const folder = temporaryFolder('times');
    const file = join(folder, 'file');
    fs.writeFileSync(file, '');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2037, 0) }), (time) => {
        fs.utimesSync(file, secondsOf(time), secondsOf(time));
        expect(fs.statSync(file).mtimeMs).toBe(time);
      }),
    );
  });
});
