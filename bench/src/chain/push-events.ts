import type { Benchmark } from '../benchmark.js';
import { RawConnection } from '../generators/raw-connection.js';
import { SmallImage } from '../generators/small-image.js';
import { percentile } from '../statistics.js';
import { DigestWatch } from './digest-watch.js';
import { project } from './joined-registry.js';

const pushes = 200;
const repositories = 20;
const goal = { absolute: 200 };
const base = '/apis/image.openshift.io/v1';
const collections = {
  imagestreams: `${base}/namespaces/${project}/imagestreams`,
  imagestreamtags: `${base}/namespaces/${project}/imagestreamtags`,
  images: `${base}/images`,
};
type Kind = keyof typeof collections;
const kinds = Object.keys(collections) as Kind[];

export const pushEvents: Benchmark = {
  name: 'push-events',
  summary: 'time from the 201 of a push to the event at watches of streams, tags and images; 0 when the event is first',
  subjectOnly: true,
  measures: kinds.flatMap((kind) =>
    [50, 99].map(
      (share) =>
        ({
          key: `${kind}${share}`,
          title: `push to event of ${kind}, p${share}`,
          unit: 'ms',
          better: 'lower',
          goal,
        }) as const,
    ),
  ),
  async run({ target, api }) {
    if (api === undefined) throw new Error('a registry without a cluster has no watches');
    const watches = await Promise.all(
      kinds.map(async (kind) => ({ kind, watch: await DigestWatch.open(api, collections[kind]) })),
    );
    const connection = await RawConnection.open(target);
    const delays: Record<Kind, number[]> = { imagestreams: [], imagestreamtags: [], images: [] };
    try {
      for (let count = 0; count < pushes; count++) {
        const image = new SmallImage(1024);
        const told = watches.map(({ kind, watch }) => watch.next(image.digest).then((at) => ({ kind, at })));
        await image.push(connection, `${project}/events-${count % repositories}`, `v${count}`);
        const answered = performance.now();
        for (const { kind, at } of await Promise.all(told)) delays[kind].push(Math.max(0, at - answered));
      }
    } finally {
      connection.close();
      for (const { watch } of watches) watch.close();
    }
    return Object.fromEntries(
      kinds.flatMap((kind) => [50, 99].map((share) => [`${kind}${share}`, percentile(delays[kind], share / 100)])),
    );
  },
};
