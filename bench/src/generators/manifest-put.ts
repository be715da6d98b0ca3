import { serveJob } from './job.js';
import { RawConnection, type Target } from './raw-connection.js';
import { SmallImage } from './small-image.js';
import { stopwatch } from '../stopwatch.js';

/** Manifests put under new tags over several connections, spread over the repositories. */
export interface ManifestPutJob {
  target: Target;
  connections: number;
  manifestsPerConnection: number;
  repositories: number;
}

export interface ManifestPut {
  manifests: number;
  seconds: number;
}

const layerSize = 1024;

serveJob<ManifestPutJob, ManifestPut>(async ({ target, connections, manifestsPerConnection, repositories }) => {
  const nameOf = (index: number) => `bench/put-${connections}-${index % repositories}`;
  const lanes = await Promise.all(
    Array.from({ length: connections }, async (_, lane) => ({
      lane,
      connection: await RawConnection.open(target),
      images: Array.from({ length: manifestsPerConnection }, () => new SmallImage(layerSize)),
    })),
  );
  const [first] = lanes;
  for (let index = 0; first && index < repositories; index++) {
    await new SmallImage(layerSize).push(first.connection, nameOf(index), 'first');
  }
  for (const { lane, connection, images } of lanes) {
    for (const [index, image] of images.entries()) await image.uploadBlobs(connection, nameOf(lane + index));
  }
  return async () => {
    const seconds = stopwatch();
    await Promise.all(
      lanes.map(async ({ lane, connection, images }) => {
        for (const [index, image] of images.entries()) {
          await image.putManifest(connection, nameOf(lane + index), `v${lane}-${index}`);
        }
      }),
    );
    return { manifests: connections * manifestsPerConnection, seconds: seconds() };
  };
});
