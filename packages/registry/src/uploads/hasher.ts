import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import type { DigestAlgorithm } from '@longshore/oci';
import { CallThread } from '@longshore/storage';
import { InlineJob } from './inline-job.js';

/** A job begins with the first request that names it. `drop` gets no answer. */
export type HashRequest =
  | { op: 'update'; job: number; algorithms: readonly DigestAlgorithm[]; start: number; length: number }
  | { op: 'digest'; job: number; algorithm: DigestAlgorithm }
  | { op: 'drop'; job: number };

/** One answer a request, in order: the hex digest for `digest`, else empty. */
export type HashAnswer = string;

/** A running hash. Its bytes are named by their place in the memory that the hasher shares with its thread. */
export interface HashJob {
  /** Those by which it hashes. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Resolves when the thread has read the bytes. */
  update(start: number, length: number): Promise<unknown>;
  /** Hex digest of everything so far; the job can go on. */
  digest(algorithm: DigestAlgorithm): Promise<string>;
  /** Frees the thread's state. */
  drop(): void;
}

/** A body up to this size is hashed where it is received: that takes less time than to tell another thread of it. */
const INLINE_BYTES = 256 * 2 ** 10;

/**
 * Hashes on a thread of its own. One thread a process is enough: SHA-256 runs at 1.5 GB/s a core, and one process
 * receives less than that. The thread starts with the first upload; if it dies, running uploads fail and the next one
 * starts a new thread.
 */
export class Hasher {
  private thread: CallThread<HashRequest, HashAnswer> | undefined;
  private jobs = 0;

  constructor(private readonly memory: SharedArrayBuffer) {}

  /** Starts the thread now, so that the first upload need not wait for it. */
  start(): void {
    this.startedThread();
  }

  /** `expectedBytes`: how much will come in all, as far as one knows. */
  begin(algorithms: readonly DigestAlgorithm[], expectedBytes = Infinity): HashJob {
    return expectedBytes <= INLINE_BYTES ? new InlineJob(algorithms, this.memory) : this.beginOnThread(algorithms);
  }

  private beginOnThread(algorithms: readonly DigestAlgorithm[]): HashJob {
    const job = this.jobs++;
    const thread = this.startedThread();
    let begun = false;
    return {
      algorithms,
      update: (start, length) => {
        begun = true;
        return thread.call({ op: 'update', job, algorithms, start, length });
      },
      digest: async (algorithm) =>
        begun ? thread.call({ op: 'digest', job, algorithm }) : createHash(algorithm).digest('hex'),
      drop: () => {
        if (begun) thread.tell({ op: 'drop', job });
      },
    };
  }

  async close(): Promise<void> {
    await this.thread?.terminate();
  }

  private startedThread(): CallThread<HashRequest, HashAnswer> {
    if (!this.thread?.isAlive) {
      // By the name of the package, so that the compiled thread is found also when this file runs uncompiled.
      const entry = createRequire(import.meta.url).resolve('@longshore/registry/hash-worker');
      this.thread = new CallThread(entry, {
        name: 'hashing',
        workerData: { memory: this.memory },
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
      });
    }
    return this.thread;
  }
}
