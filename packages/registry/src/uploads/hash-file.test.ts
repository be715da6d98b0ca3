import { digestOf } from '@longshore/oci';
import { InMemoryDriver, type FileReader, type StorageDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeSlots } from '../testing/free-slots.js';
import { LocalHasher } from '../testing/local-hasher.js';
import { hashFile } from './hash-file.js';
import { SlotPool } from './slot-pool.js';

const SLOTS = 3;

function world() {
  const pool = new SlotPool(SLOTS, 64);
  return { pool, hasher: new LocalHasher(pool) };
}

/** A driver with one file, whose reads give at most `most` bytes, and fail from the read number `failFrom` on. */
function fileOf(content: Buffer, most: number, failFrom = Infinity) {
  const state = { open: 0, reads: 0 };
  const driver = new InMemoryDriver();
  const open = async (): Promise<FileReader> => {
    state.open++;
    return {
      size: content.length,
      read: async (target, position) => {
        if (state.reads++ >= failFrom) throw new Error('the disk is gone');
        return content.copy(target, 0, position, Math.min(content.length, position + Math.min(most, target.length)));
      },
      close: async () => void state.open--,
    };
  };
  return { state, driver: Object.assign(Object.create(driver) as StorageDriver, { open }) };
}

describe('hashFile', () => {
  it('hashes a file of any length, read in pieces of any length', async () => {
    const algorithm = fc.constantFrom('sha256', 'sha512');
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        fc.integer({ min: 1, max: 80 }),
        algorithm,
        async (bytes, most, kind) => {
          const { pool, hasher } = world();
          const { driver, state } = fileOf(Buffer.from(bytes), most);
          let told = 0;
          const digest = await hashFile(driver, '/file', kind, { pool, hasher }, (length) => (told += length));
          expect(digest).toBe(digestOf(bytes, kind));
          expect(told).toBe(bytes.length);
          expect([state.open, hasher.open, freeSlots(pool)]).toEqual([0, 0, SLOTS]);
        },
      ),
    );
  });

  it('ends with a file that became shorter', async () => {
    const { pool, hasher } = world();
    const { driver } = fileOf(Buffer.from('short'), 64);
    const shrunk = Object.assign(Object.create(driver) as StorageDriver, {
      open: async () => Object.assign(await driver.open('/file'), { size: 1000 }),
    });
    expect(await hashFile(shrunk, '/file', 'sha256', { pool, hasher })).toBe(digestOf(Buffer.from('short')));
    expect(freeSlots(pool)).toBe(SLOTS);
  });

  it.each([0, 1, 2, 5])('gives everything back when read %i fails', async (failFrom) => {
    const { pool, hasher } = world();
    const { driver, state } = fileOf(Buffer.alloc(640), 64, failFrom);
    await expect(hashFile(driver, '/file', 'sha256', { pool, hasher })).rejects.toThrow('the disk is gone');
    expect([state.open, hasher.open, freeSlots(pool)]).toEqual([0, 0, SLOTS]);
  });

  it.each([0, 1, 3, 9])('gives everything back when the thread dies after %i pieces', async (pieces) => {
    const { pool, hasher } = world();
    const { driver, state } = fileOf(Buffer.alloc(640), 64);
    let updates = 0;
    hasher.latency = async () => {
      hasher.dead = updates++ >= pieces;
    };
    await expect(hashFile(driver, '/file', 'sha256', { pool, hasher })).rejects.toThrow('the hashing thread ended');
    expect([state.open, hasher.open, freeSlots(pool)]).toEqual([0, 0, SLOTS]);
  });

  it('closes the file when no thread can be started', async () => {
    const { pool, hasher } = world();
    const { driver, state } = fileOf(Buffer.alloc(10), 64);
    hasher.dead = true;
    await expect(hashFile(driver, '/file', 'sha256', { pool, hasher })).rejects.toThrow('no thread');
    expect([state.open, freeSlots(pool)]).toEqual([0, SLOTS]);
  });

  it('says when there is no file', async () => {
    await expect(hashFile(new InMemoryDriver(), '/file', 'sha256', world())).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
    });
  });
});
