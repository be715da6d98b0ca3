import type { Benchmark } from '../benchmark.js';
import { digestOf } from '../content/digest.js';
import { requestRate } from '../tools/request-rate.js';

const content = Buffer.alloc(4096, 'blob-head');

export const blobHead: Benchmark = {
  name: 'blob-head',
  summary: 'HEAD of a blob, 32 connections',
  measures: [{ key: 'rate', title: 'blob HEAD', unit: 'req/s', better: 'higher' }],
  async prepare(storage) {
    storage.writeBlob('bench/app', content);
  },
  async run(server, _workspace, { seconds }) {
    const path = `/v2/bench/app/blobs/${digestOf(content)}`;
    const { perSecond } = await requestRate(server, { method: 'HEAD', path, connections: 32, seconds });
    return { rate: perSecond };
  },
};
