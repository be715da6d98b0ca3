import { makeDigest, type Digest, type DigestAlgorithm } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import type { Hasher } from './hasher.js';
import type { SlotPool } from './slot-pool.js';

/** Reads a file and computes its digest; `onBytes` is told how many bytes were read since the last call. */
export async function hashFile(
  driver: StorageDriver,
  path: string,
  algorithm: DigestAlgorithm,
  { pool, hasher }: { pool: SlotPool; hasher: Hasher },
  onBytes?: (bytes: number) => void,
): Promise<Digest> {
  const reader = await driver.open(path);
  const job = hasher.begin(algorithm);
  try {
    let hashed: Promise<unknown> = Promise.resolve();
    for (let position = 0; position < reader.size;) {
      const slot = await pool.wait();
      const length = await reader.read(slot.bytes, position).catch((error: unknown) => {
        pool.give(slot);
        throw error;
      });
      await hashed;
      hashed = job.update(slot.start, length).finally(() => pool.give(slot));
      hashed.catch(() => undefined);
      if (length === 0) break;
      position += length;
      onBytes?.(length);
    }
    await hashed;
    return makeDigest(algorithm, await job.digest());
  } finally {
    job.drop();
    await reader.close();
  }
}
