import { serveJob } from './job.js';
import { RawConnection, type Target } from './raw-connection.js';
import { SmallImage } from './small-image.js';
import { stopwatch } from '../stopwatch.js';

/** Manifests put under new tags, over several connections that each have a repository of their own. */
export interface ManifestPutJob {
  target: Target;
  /** How the names of the repositories begin. */
  prefix: string;
  connections: number;
  manifestsPerConnection: number;
}

export interface ManifestPut {
  manifests: number;
  seconds: number;
}

const layerSize = 1024;

serveJob<ManifestPutJob, ManifestPut>(async ({ target, prefix, connections, manifestsPerConnection }) => {
  const lanes = await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      const connection = await RawConnection.open(target);
      const repository = `${prefix}-${index}`;
      await new SmallImage(layerSize).push(connection, repository, 'first');
      const images = Array.from({ length: manifestsPerConnection }, () => new SmallImage(layerSize));
      for (const image of images) await image.uploadBlobs(connection, repository);
      return { connection, repository, images };
    }),
  );
  return async () => {
    const seconds = stopwatch();
    await Promise.all(
      lanes.map(async ({ connection, repository, images }) => {
        for (const [index, image] of images.entries()) await image.putManifest(connection, repository, `v${index}`);
      }),
    );
    return { manifests: connections * manifestsPerConnection, seconds: seconds() };
  };
});
