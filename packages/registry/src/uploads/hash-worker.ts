/** The thread that hashes what arrives, so that receiving and hashing use two cores. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { DigestAlgorithm } from '@longshore/oci';
import type { HashAnswer, HashRequest } from './hasher.js';

const memory = new Uint8Array((workerData as { memory: SharedArrayBuffer }).memory);
const jobs = new Map<number, Map<DigestAlgorithm, Hash>>();

function hashesOf({ job, algorithms }: Extract<HashRequest, { op: 'update' }>): Map<DigestAlgorithm, Hash> {
  const known = jobs.get(job);
  if (known) return known;
  const begun = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  jobs.set(job, begun);
  return begun;
}

function answer(request: HashRequest): HashAnswer | undefined {
  switch (request.op) {
    case 'update': {
      const bytes = memory.subarray(request.start, request.start + request.length);
      for (const hash of hashesOf(request).values()) hash.update(bytes);
      return '';
    }
    case 'digest':
      return jobs.get(request.job)?.get(request.algorithm)?.copy().digest('hex') ?? '';
    case 'drop':
      jobs.delete(request.job);
      return undefined;
  }
}

parentPort?.on('message', (request: HashRequest) => {
  const text = answer(request);
  if (text !== undefined) parentPort?.postMessage(text);
});
