import { createHash, type Hash } from 'node:crypto';
import type { DigestAlgorithm } from '@longshore/oci';
import type { HashJob } from './hasher.js';

/** Hashes in this thread. */
export class InlineJob implements HashJob {
  private readonly hashes: ReadonlyMap<DigestAlgorithm, Hash>;

  constructor(
    readonly algorithms: readonly DigestAlgorithm[],
    private readonly memory: SharedArrayBuffer,
  ) {
    this.hashes = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  update(start: number, length: number): Promise<void> {
    const bytes = new Uint8Array(this.memory, start, length);
    for (const hash of this.hashes.values()) hash.update(bytes);
    return Promise.resolve();
  }

  digest(algorithm: DigestAlgorithm): Promise<string> {
    return Promise.resolve(this.hashes.get(algorithm)?.copy().digest('hex') ?? '');
  }

  /** Nothing to free. */
  drop(): void {}
}
