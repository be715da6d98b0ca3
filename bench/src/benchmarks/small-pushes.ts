import type { Benchmark } from '../benchmark.js';
import { generate } from '../generators/generate.js';

export const smallPushes: Benchmark = {
  name: 'small-pushes',
  summary: '200 images (a layer of 64 KiB, a config of 1 KB, a manifest) pushed at once to 20 repositories',
  measures: [{ key: 'seconds', title: '200 parallel small pushes', unit: 's', better: 'lower' }],
  async run(server) {
    const { result } = await generate('small-push', server, { images: 200, repositories: 20, layerSize: 65_536 });
    return { seconds: result.seconds };
  },
};
