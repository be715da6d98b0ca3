import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.js';

const TIERS = [
  { size: 1024, count: 2 },
  { size: 256, count: 1 },
];
const sizes = (buffers: Buffer[]) => buffers.map(({ length }) => length);

describe('BufferPool', () => {
  it('gives what is large first, and never lets anybody wait', () => {
    const pool = new BufferPool(TIERS, 16);
    const taken = Array.from({ length: 5 }, () => pool.take());
    expect(sizes(taken)).toEqual([1024, 1024, 256, 16, 16]);
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(5);
  });

  it('uses buffers again, but not the last ones', () => {
    const pool = new BufferPool(TIERS, 16);
    const [large, , , small] = Array.from({ length: 4 }, () => pool.take()) as [Buffer, Buffer, Buffer, Buffer];
    pool.give(small);
    expect(pool.take()).not.toBe(small);
    pool.give(large);
    expect(pool.take()).toBe(large);
  });

  it('has all of its large buffers again after any number of transfers', () => {
    const pool = new BufferPool([{ size: 1024, count: 20 }], 16);
    for (let round = 0; round < 3; round++) {
      const taken = Array.from({ length: 25 }, () => pool.take());
      expect(sizes(taken).filter((size) => size === 1024)).toHaveLength(20);
      taken.forEach((buffer) => pool.give(buffer));
    }
  });
});
