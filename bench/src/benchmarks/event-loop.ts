import { runCommand } from '../children.js';
import type { Benchmark } from '../benchmark.js';
import { generate } from '../generators/generate.js';
import { largeBlobSize } from '../workspace.js';

const delay = { key: 'delay', unit: 'ms', better: 'lower', goal: { absolute: 20 } } as const;
const repository = 'bench/app';

export const eventLoopUploads: Benchmark = {
  name: 'event-loop-uploads',
  summary: "event-loop delay p99 of Longshore's busiest process during four uploads of 100 MB at a time",
  watchEventLoop: true,
  subjectOnly: true,
  measures: [{ ...delay, title: 'event-loop delay p99, 4 uploads' }],
  async run(server, workspace) {
    await server.eventLoopDelay();
    await generate('upload', server, {
      repository,
      blockFile: workspace.blockFile,
      size: largeBlobSize,
      connections: 4,
      uploadsPerConnection: 4,
      chunkSize: undefined,
      firstVariant: 1,
      warmups: 0,
    });
    return { delay: await server.eventLoopDelay() };
  },
};

const coldBlobs = [0, 1, 2, 3];

export const eventLoopColdReads: Benchmark = {
  name: 'event-loop-cold-reads',
  summary: 'the same during GETs of four blobs of 100 MB that are not in the page cache',
  watchEventLoop: true,
  subjectOnly: true,
  measures: [{ ...delay, title: 'event-loop delay p99, 4 cold reads' }],
  async prepare(storage, workspace) {
    for (const variant of coldBlobs) {
      storage.linkBlob(repository, workspace.payload.digest(variant), await workspace.largeBlob(variant));
    }
  },
  async run(server, workspace) {
    const files = await Promise.all(coldBlobs.map((variant) => workspace.largeBlob(variant)));
    const paths = coldBlobs.map((variant) => `/v2/${repository}/blobs/${workspace.payload.digest(variant)}`);
    await server.eventLoopDelay();
    for (let repeat = 0; repeat < 3; repeat++) {
      for (const file of files) await dropFromPageCache(file);
      const transfers = { size: largeBlobSize, connections: paths.length, transfersPerConnection: 1, warmups: 0 };
      await generate('download', server, { paths, ...transfers });
    }
    return { delay: await server.eventLoopDelay() };
  },
};

/** With no bytes to copy and `nocache`, dd does nothing but tell the kernel to forget the file's pages. */
async function dropFromPageCache(file: string): Promise<void> {
  await runCommand('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}
