import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { AccessUnavailableError } from './errors.js';

/** Compares a password with a bcrypt hash. Rejects with {@link AccessUnavailableError}. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>;

export interface CompareRequest {
  id: number;
  password: string;
  hash: string;
}

export interface CompareAnswer {
  id: number;
  equal: boolean;
}

interface Waiting {
  resolve: (equal: boolean) => void;
  reject: (error: Error) => void;
}

// About 60 ms each at cost 10: whoever came last waits a minute.
const DEFAULT_MAX_WAITING = 1000;

/**
 * Compares passwords in a thread of its own, as bcrypt takes tens of milliseconds of computing, which the thread that serves
 * blobs cannot spare. The thread starts with the first comparison, and again when it has died. It does not keep the
 * process alive while it has nothing to do.
 */
export class BcryptThread {
  private worker: Worker | undefined;
  private lastId = 0;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly maxWaiting = DEFAULT_MAX_WAITING) {}

  /** Rejects with {@link AccessUnavailableError} when too many wait already, or the thread dies. */
  readonly compare: ComparePassword = (password, hash) => {
    if (this.waiting.size >= this.maxWaiting) {
      return Promise.reject(new AccessUnavailableError('too many passwords wait to be checked'));
    }
    const worker = (this.worker ??= this.start());
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, password, hash } satisfies CompareRequest);
    });
  };

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    this.forget(worker, 'the registry is shutting down');
    await worker.terminate();
  }

  private start(): Worker {
    // By the name of the package, so that the compiled thread is found also when this file runs uncompiled.
    const path = createRequire(import.meta.url).resolve('@longshore/registry/bcrypt-worker');
    const worker = new Worker(path, { execArgv: [], name: 'bcrypt' });
    worker.on('message', (answer: CompareAnswer) => this.settle(worker, answer));
    worker.on('error', () => this.forget(worker, 'passwords cannot be checked just now'));
    worker.on('exit', () => this.forget(worker, 'passwords cannot be checked just now'));
    return worker;
  }

  private settle(worker: Worker, { id, equal }: CompareAnswer): void {
    this.waiting.get(id)?.resolve(equal);
    this.waiting.delete(id);
    if (this.waiting.size === 0) worker.unref();
  }

  private forget(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(new AccessUnavailableError(reason));
  }
}
