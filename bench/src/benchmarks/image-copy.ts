import type { Benchmark } from '../benchmark.js';
import { blobPath } from '../content/image.js';
import { pull, push } from '../tools/skopeo.js';

export const imagePush: Benchmark = {
  name: 'image-push',
  summary: 'skopeo copy of an image of 30 layers of 1 MiB to an empty registry',
  measures: [{ key: 'seconds', title: 'push of 30 layers (skopeo)', unit: 's', better: 'lower', goal: { ratio: 0.6 } }],
  async run(server, workspace) {
    const { dir } = await workspace.imageLayout();
    return { seconds: await push(server, dir, 'bench/image') };
  },
};

export const imagePull: Benchmark = {
  name: 'image-pull',
  summary: 'skopeo copy of the same image from the registry to a folder',
  measures: [{ key: 'seconds', title: 'pull of 30 layers (skopeo)', unit: 's', better: 'lower' }],
  async prepare(storage, workspace) {
    const { dir, manifest, blobs } = await workspace.imageLayout();
    for (const digest of blobs) storage.linkBlob('bench/image', digest, blobPath(dir, digest));
    storage.writeManifest('bench/image', manifest, ['latest']);
  },
  async run(server, workspace) {
    return { seconds: await pull(server, 'bench/image', await workspace.scratch('pulled')) };
  },
};
