import type { Benchmark, Measure } from '../benchmark.js';
import { generate } from '../generators/generate.js';
import { download } from '../tools/curl.js';
import { largeBlobSize } from '../workspace.js';
import { throughput } from './throughput.js';

const rate = { unit: 'GB/s', better: 'higher', goal: { ratio: 1.2 }, tlsGoal: { ratio: 1.1 } } as const;
const cpu = { unit: 'CPU s/GB', better: 'lower', goal: { ratio: 0.75 } } as const;
const measures: Measure[] = [
  { ...rate, key: 'rate1', title: 'blob GET 100 MB, 1 client' },
  { ...cpu, key: 'cpu1', title: 'blob GET 100 MB, 1 client' },
  { ...rate, key: 'rate8', title: 'blob GET 100 MB, 8 clients' },
  { ...cpu, key: 'cpu8', title: 'blob GET 100 MB, 8 clients' },
];

export const blobGet: Benchmark = {
  name: 'blob-get',
  summary: 'GET of a blob of 100 MB from the page cache: curl alone, and 8 connections that discard what they receive',
  tls: true,
  measures,
  async prepare(storage, workspace) {
    storage.linkBlob('bench/app', workspace.payload.digest(0), await workspace.largeBlob(0));
  },
  async run(server, workspace) {
    const path = `/v2/bench/app/blobs/${workspace.payload.digest(0)}`;
    await download(server, path, largeBlobSize, 2);
    const one = throughput(await download(server, path, largeBlobSize, 10));
    const many = await generate('download', server, {
      paths: [path],
      size: largeBlobSize,
      connections: 8,
      transfersPerConnection: 3,
      warmups: 1,
    });
    const eight = throughput({ ...many.result, cpuSeconds: many.cpuSeconds });
    return { rate1: one.rate, cpu1: one.cpu, rate8: eight.rate, cpu8: eight.cpu };
  },
};
