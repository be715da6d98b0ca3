import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from './digest.js';
import { Payload } from './payload.js';

const size = 4096;
let dir: string;
let payload: Payload;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'longshore-payload-'));
  await writeFile(join(dir, 'block'), randomBytes(1000));
  payload = await Payload.load(join(dir, 'block'), size);
});
afterAll(() => rm(dir, { recursive: true }));

const content = (variant: number, start = 0, end = size) => Buffer.concat([...payload.slices(variant, start, end)]);

describe('Payload', () => {
  it('gives the digest of each variant', () => {
    expect(payload.digest(7)).toBe(digestOf(content(7)));
    expect(payload.digest(8)).toBe(digestOf(content(8)));
    expect(payload.digest(7)).not.toBe(payload.digest(8));
  });

  it('gives any part of the whole', () => {
    const whole = content(3);
    expect(whole.length).toBe(size);
    const offset = fc.integer({ min: 0, max: size });
    fc.assert(
      fc.property(offset, offset, (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(content(3, start, end).equals(whole.subarray(start, end))).toBe(true);
      }),
    );
  });

  it('writes a variant to a file', async () => {
    await payload.write(5, join(dir, 'variant'));
    expect((await readFile(join(dir, 'variant'))).equals(content(5))).toBe(true);
  });
});
