/** The thread that hashes what arrives, so that receiving and hashing use two cores. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashAnswer, HashRequest } from './hasher.js';

const memory = new Uint8Array((workerData as { memory: SharedArrayBuffer }).memory);
const hashes = new Map<number, Hash>();

function answer(request: HashRequest): HashAnswer {
  switch (request.op) {
    case 'begin':
      hashes.set(request.job, createHash(request.algorithm));
      return '';
    case 'update':
      hashes.get(request.job)?.update(memory.subarray(request.start, request.start + request.length));
      return '';
    case 'digest':
      return hashes.get(request.job)?.copy().digest('hex') ?? '';
    case 'drop':
      hashes.delete(request.job);
      return '';
  }
}

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(answer(request)));
