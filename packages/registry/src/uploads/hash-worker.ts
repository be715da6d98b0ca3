/** The thread that hashes what arrives, so that receiving and hashing use two cores. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { DigestAlgorithm } from '@longshore/oci';
import type { HashAnswer, HashRequest } from './hasher.js';

const memory = new Uint8Array((workerData as { memory: SharedArrayBuffer }).memory);
const jobs = new Map<number, Map<DigestAlgorithm, Hash>>();

function answer(request: HashRequest): HashAnswer {
  switch (request.op) {
    case 'begin':
      jobs.set(request.job, new Map(request.algorithms.map((algorithm) => [algorithm, createHash(algorithm)])));
      return '';
    case 'update': {
      const bytes = memory.subarray(request.start, request.start + request.length);
      for (const hash of jobs.get(request.job)?.values() ?? []) hash.update(bytes);
      return '';
    }
    case 'digest':
      return jobs.get(request.job)?.get(request.algorithm)?.copy().digest('hex') ?? '';
    case 'drop':
      jobs.delete(request.job);
      return '';
  }
}

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(answer(request)));
