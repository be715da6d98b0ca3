import type { Benchmark } from '../benchmark.js';
import { generate } from '../generators/generate.js';
import { MemoryWatch } from '../memory-watch.js';
import type { RunningServer } from '../servers/running-server.js';
import { largeBlobSize, type Workspace } from '../workspace.js';

const clients = 64;
const repository = 'bench/app';

export const memory: Benchmark = {
  name: 'memory',
  summary: '64 parallel GETs and then 64 parallel PUTs of 100 MB, both twice: peak resident memory over all processes',
  measures: [
    {
      key: 'pulls',
      title: 'peak memory, 64 pulls of 100 MB',
      unit: 'MB',
      better: 'lower',
      goal: { absolute: 400 },
    },
    {
      key: 'pushes',
      title: 'peak memory, 64 pushes of 100 MB',
      unit: 'MB',
      better: 'lower',
      goal: { absolute: 400 },
    },
    {
      key: 'growth',
      title: 'peak memory, second pass / first',
      unit: 'x',
      better: 'lower',
      goal: { absolute: 1.1 },
    },
  ],
  async prepare(storage, workspace) {
    storage.linkBlob(repository, workspace.payload.digest(0), await workspace.largeBlob(0));
  },
  async run(server, workspace) {
    const watch = new MemoryWatch(server.pid);
    try {
      const first = await pass(server, workspace, watch, 1);
      const second = await pass(server, workspace, watch, 1 + clients);
      return {
        pulls: Math.max(first.pulls, second.pulls) / 1e6,
        pushes: Math.max(first.pushes, second.pushes) / 1e6,
        growth: Math.max(second.pulls, second.pushes) / Math.max(first.pulls, first.pushes),
      };
    } finally {
      watch.end();
    }
  },
};

/** Bytes: the peak during the pulls and the peak during the pushes. */
async function pass(server: RunningServer, workspace: Workspace, watch: MemoryWatch, firstVariant: number) {
  const load = { size: largeBlobSize, connections: clients, warmups: 0 };
  const paths = [`/v2/${repository}/blobs/${workspace.payload.digest(0)}`];
  watch.reset();
  await generate('download', server, { ...load, paths, transfersPerConnection: 1 });
  const pulls = watch.peak();
  watch.reset();
  const { blockFile } = workspace;
  const upload = { repository, blockFile, uploadsPerConnection: 1, chunkSize: undefined, firstVariant };
  await generate('upload', server, { ...load, ...upload });
  return { pulls, pushes: watch.peak() };
}
