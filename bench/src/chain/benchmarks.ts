import type { Benchmark, Measure, Values } from '../benchmark.js';
import { blobGet } from '../benchmarks/blob-get.js';
import { blobPutMonolithic } from '../benchmarks/blob-put.js';
import { imagePull, imagePush } from '../benchmarks/image-copy.js';
import { smallPushes } from '../benchmarks/small-pushes.js';
import type { Goal } from '../goal.js';
import { manifestType } from '../content/image.js';
import { generate } from '../generators/generate.js';
import { RawConnection } from '../generators/raw-connection.js';
import { SmallImage } from '../generators/small-image.js';
import { uploadBlob } from '../generators/upload-blob.js';
import type { RunningServer } from '../servers/running-server.js';
import { requestRate } from '../tools/request-rate.js';
import { push } from '../tools/skopeo.js';
import { largeBlobSize, type Workspace } from '../workspace.js';
import { project } from './joined-registry.js';
import { pushEvents } from './push-events.js';

/** A blob may cost so many times what it costs without a cluster, a manifest so many. */
const [blobFactor, manifestFactor] = [1.05, 1.3];
const repository = `${project}/app`;
const rate = { unit: 'req/s', better: 'higher', goal: { ratio: 1 / manifestFactor } } as const;
const load = { method: 'GET', accept: manifestType, connections: 32 } as const;
const putLoads = [
  { connections: 1, manifestsPerConnection: 320 },
  { connections: 16, manifestsPerConnection: 20 },
];

const manifestGet: Benchmark = {
  name: 'manifest-get',
  summary: 'GET of a manifest of 1.7 KB by tag and by digest, 32 connections',
  measures: [
    { ...rate, key: 'tag', title: 'manifest GET by tag' },
    { key: 'tagP99', title: 'manifest GET by tag, p99', unit: 'ms', better: 'lower' },
    { ...rate, key: 'digest', title: 'manifest GET by digest' },
  ],
  async run(server, _workspace, { seconds }) {
    const image = new SmallImage(1024, 8);
    await onConnection(server, (connection) => image.push(connection, repository, 'latest'));
    const path = `/v2/${repository}/manifests`;
    const byTag = await requestRate(server, { ...load, path: `${path}/latest`, seconds });
    const byDigest = await requestRate(server, { ...load, path: `${path}/${image.digest}`, seconds });
    return { tag: byTag.perSecond, tagP99: byTag.p99Milliseconds, digest: byDigest.perSecond };
  },
};

const manifestPut: Benchmark = {
  name: 'manifest-put',
  summary: 'PUT of 320 manifests under new tags, in 16 repositories, by one client and by 16',
  measures: putLoads.map(({ connections }) => ({
    ...rate,
    key: `rate${connections}`,
    title: `manifest PUT, ${connections} client${connections > 1 ? 's' : ''}`,
  })),
  async run(server) {
    const values: Values = {};
    for (const { connections, manifestsPerConnection } of putLoads) {
      const job = { connections, manifestsPerConnection, repositories: 16 };
      const { manifests, seconds } = (await generate('manifest-put', server, job)).result;
      values[`rate${connections}`] = manifests / seconds;
    }
    return values;
  },
};

/** What `npm run bench -- chain` measures. All content is pushed, so that the cluster knows of it. */
export const chainBenchmarks: readonly Benchmark[] = [
  manifestGet,
  manifestPut,
  afterPush(within(blobFactor, blobGet), pushLargeBlob),
  within(blobFactor, blobPutMonolithic),
  within(manifestFactor, imagePush),
  afterPush(within(manifestFactor, imagePull), async (server, workspace) => {
    await push(server, (await workspace.imageLayout()).dir, `${project}/image`);
  }),
  within(manifestFactor, smallPushes),
  pushEvents,
];

/** The benchmark with the goal of costing at most so many times what the peer does. */
function within(factor: number, benchmark: Benchmark): Benchmark {
  const bounded = (measure: Measure) => ({ ...measure, goal: goalOf(measure, factor) });
  return { ...benchmark, measures: benchmark.measures.map(bounded) };
}

/** Speed has a goal; the processor time has none, because a cluster also does other things with it. */
function goalOf({ unit, better }: Measure, factor: number): Goal | undefined {
  if (unit.startsWith('CPU')) return undefined;
  return { ratio: better === 'lower' ? factor : 1 / factor };
}

/** The benchmark with its content pushed to the server that runs, in place of what it would write into the storage. */
function afterPush(
  benchmark: Benchmark,
  fill: (server: RunningServer, workspace: Workspace) => Promise<void>,
): Benchmark {
  return {
    ...benchmark,
    prepare: () => Promise.resolve(),
    async run(server, workspace, options) {
      await fill(server, workspace);
      await workspace.flush();
      return benchmark.run(server, workspace, options);
    },
  };
}

async function pushLargeBlob(server: RunningServer, { payload }: Workspace): Promise<void> {
  await onConnection(server, async (connection) => {
    await new SmallImage(1024).push(connection, repository, 'latest');
    const slices = (start: number, end: number) => payload.slices(0, start, end);
    await uploadBlob(connection, {
      repository,
      digest: payload.digest(0),
      size: largeBlobSize,
      slices,
      chunkSize: undefined,
    });
  });
}

async function onConnection(server: RunningServer, work: (connection: RawConnection) => Promise<void>): Promise<void> {
  const connection = await RawConnection.open(server.target);
  try {
    await work(connection);
  } finally {
    connection.close();
  }
}
