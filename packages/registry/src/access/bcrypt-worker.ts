import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { CompareAnswer, CompareRequest } from './bcrypt-thread.js';

// The thread of BcryptThread: one comparison after the other, in the order they came in.
parentPort?.on('message', ({ id, password, hash }: CompareRequest) => {
  parentPort?.postMessage({ id, equal: compareSync(password, hash) } satisfies CompareAnswer);
});
