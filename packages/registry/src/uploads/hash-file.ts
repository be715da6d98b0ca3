import { makeDigest, type Digest, type DigestAlgorithm } from '@longshore/oci';
import type { FileReader, StorageDriver } from '@longshore/storage';
import type { Hasher, HashJob } from './hasher.js';
import type { Slot, SlotPool } from './slot-pool.js';

/** Where bytes lie while they are hashed, and who hashes them. */
export interface Hashing {
  pool: SlotPool;
  hasher: Pick<Hasher, 'begin'>;
}

/** Reads a file and computes its digest; `onBytes` is told how many bytes were read since the last call. */
export async function hashFile(
  driver: StorageDriver,
  path: string,
  algorithm: DigestAlgorithm,
  { pool, hasher }: Hashing,
  onBytes?: (bytes: number) => void,
): Promise<Digest> {
  const reader = await driver.open(path);
  try {
    const job = hasher.begin([algorithm], reader.size);
    try {
      await hashAll(reader, job, pool, onBytes);
      return makeDigest(algorithm, await job.digest(algorithm));
    } finally {
      job.drop();
    }
  } finally {
    await reader.close();
  }
}

/** Reads the next piece while the last one is hashed. When it is over, all slots are back. */
async function hashAll(reader: FileReader, job: HashJob, pool: SlotPool, onBytes: (bytes: number) => void = () => {}) {
  let hashed: Promise<unknown> = Promise.resolve();
  try {
    for (let position = 0; position < reader.size;) {
      const slot = await pool.wait();
      const length = await orGiveBack(slot, pool, reader.read(slot.bytes, position));
      await orGiveBack(slot, pool, hashed);
      hashed = job.update(slot.start, length).finally(() => pool.give(slot));
      hashed.catch(() => undefined); // seen when it is awaited
      if (length === 0) break;
      position += length;
      onBytes(length);
    }
    await hashed;
  } finally {
    await Promise.allSettled([hashed]);
  }
}

function orGiveBack<T>(slot: Slot, pool: SlotPool, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    pool.give(slot);
    throw error;
  });
}
