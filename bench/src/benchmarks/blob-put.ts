import type { Benchmark, Measure, Values } from '../benchmark.js';
import { generate } from '../generators/generate.js';
import type { RunningServer } from '../servers/running-server.js';
import { largeBlobSize, type Workspace } from '../workspace.js';
import { throughput } from './throughput.js';

const loads = [
  { clients: 1, uploadsPerConnection: 5 },
  { clients: 8, uploadsPerConnection: 2 },
];

/** Uploads of 100 MB by one client and by eight, in one request or in chunks. */
function blobPut(name: string, title: string, chunkSize: number | undefined): Benchmark {
  return {
    name,
    summary: `${title} of 100 MB, durable on the disk when it is answered, 1 and 8 clients`,
    tls: true,
    measures: loads.flatMap(({ clients }) =>
      measuresOf(`${title} 100 MB, ${clients} client${clients > 1 ? 's' : ''}`, clients),
    ),
    async run(server, workspace) {
      const values: Values = {};
      for (const load of loads) Object.assign(values, await measure(server, workspace, chunkSize, load));
      return values;
    },
  };
}

function measuresOf(title: string, clients: number): Measure[] {
  return [
    {
      key: `rate${clients}`,
      title,
      unit: 'GB/s',
      better: 'higher',
      goal: { ratio: 2 },
      tlsGoal: { ratio: 1.6 },
    },
    { key: `cpu${clients}`, title, unit: 'CPU s/GB', better: 'lower' },
  ];
}

async function measure(
  server: RunningServer,
  workspace: Workspace,
  chunkSize: number | undefined,
  { clients, uploadsPerConnection }: (typeof loads)[number],
): Promise<Values> {
  await workspace.flush();
  const { result, cpuSeconds } = await generate('upload', server, {
    repository: 'bench/app',
    blockFile: workspace.blockFile,
    size: largeBlobSize,
    connections: clients,
    uploadsPerConnection,
    chunkSize,
    firstVariant: clients * 1000,
    warmups: 1,
  });
  const { rate, cpu } = throughput({ ...result, cpuSeconds });
  return { [`rate${clients}`]: rate, [`cpu${clients}`]: cpu };
}

export const blobPutMonolithic = blobPut('blob-put', 'blob PUT', undefined);
export const blobPutChunked = blobPut('blob-put-chunked', 'blob PUT in chunks of 8 MiB', 8 * 1024 * 1024);
