import type { Benchmark } from '../benchmark.js';
import { digestOf } from '../content/digest.js';
import { manifestType, smallManifest } from '../content/image.js';
import { requestRate } from '../tools/request-rate.js';

const manifest = smallManifest('manifest-get');
const load = { method: 'GET', accept: manifestType, connections: 32 } as const;

export const manifestGet: Benchmark = {
  name: 'manifest-get',
  summary: 'GET of a manifest of 1.7 KB by tag and by digest, 32 connections',
  tls: true,
  measures: [
    {
      key: 'tag',
      title: 'manifest GET by tag',
      unit: 'req/s',
      better: 'higher',
      goal: { ratio: 12 },
      tlsGoal: { ratio: 6 },
    },
    { key: 'tagP99', title: 'manifest GET by tag, p99', unit: 'ms', better: 'lower', goal: { ratio: 1 / 3 } },
    { key: 'digest', title: 'manifest GET by digest', unit: 'req/s', better: 'higher' },
  ],
  async prepare(storage) {
    storage.writeManifest('bench/app', manifest, ['latest']);
  },
  async run(server, _workspace, { seconds }) {
    const byTag = await requestRate(server, { ...load, path: '/v2/bench/app/manifests/latest', seconds });
    const path = `/v2/bench/app/manifests/${digestOf(manifest)}`;
    const byDigest = await requestRate(server, { ...load, path, seconds });
    return { tag: byTag.perSecond, tagP99: byTag.p99Milliseconds, digest: byDigest.perSecond };
  },
};
