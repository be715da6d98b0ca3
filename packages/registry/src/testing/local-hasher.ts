import { createHash } from 'node:crypto';
import type { DigestAlgorithm } from '@longshore/oci';
import type { HashJob } from '../uploads/hasher.js';
import type { SlotPool } from '../uploads/slot-pool.js';

/** Hashes as the thread does, in this thread, and counts its jobs. */
export class LocalHasher {
  /** Jobs that have begun and were not dropped. */
  open = 0;
  begun = 0;
  /** While true, the thread is dead: what is asked of it fails. */
  dead = false;
  /** Passes before each update; for slow threads. */
  latency: () => Promise<void> = async () => undefined;

  constructor(private readonly pool: SlotPool) {}

  begin(algorithms: readonly DigestAlgorithm[]): HashJob {
    if (this.dead) throw new Error('no thread can be started');
    const hashes = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
    let dropped = false;
    let last: Promise<unknown> = Promise.resolve();
    this.open++;
    this.begun++;
    const ask = <T>(work: () => T) => {
      const answer = last
        .then(() => this.latency())
        .then(() => {
          if (this.dead) throw new Error('the hashing thread ended');
          return work();
        });
      last = answer.catch(() => undefined);
      return answer;
    };
    return {
      algorithms,
      update: (start, length) =>
        ask(() => {
          if (dropped) return;
          for (const hash of hashes.values()) hash.update(new Uint8Array(this.pool.memory, start, length));
        }),
      // As the thread answers for a job that it does not know.
      digest: (algorithm) => ask(() => (dropped ? '' : (hashes.get(algorithm)?.copy().digest('hex') ?? ''))),
      drop: () => {
        if (!dropped) this.open--;
        dropped = true;
      },
    };
  }
}
