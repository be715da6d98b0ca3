import { randomBytes } from 'node:crypto';
import { digestOf } from '../content/digest.js';
import { imageConfig, imageManifest, manifestType } from '../content/image.js';
import { serveJob } from './job.js';
import { RawConnection, type Target } from './raw-connection.js';
import { stopwatch } from '../stopwatch.js';
import { uploadBlob } from './upload-blob.js';

/** Images pushed all at once, each on a connection of its own, spread over the repositories. */
export interface SmallPushJob {
  target: Target;
  images: number;
  repositories: number;
  layerSize: number;
}

export interface SmallPush {
  /** From the first request to the last response. */
  seconds: number;
}

interface Image {
  repository: string;
  tag: string;
  blobs: Buffer[];
  manifest: Buffer;
}

serveJob<SmallPushJob, SmallPush>(async (job) => {
  const images = Array.from({ length: job.images }, (_, index) => imageOf(index, job));
  const connections = await Promise.all(images.map(() => RawConnection.open(job.target)));
  return async () => {
    const seconds = stopwatch();
    await Promise.all(connections.map((connection, index) => pushImage(connection, images[index])));
    return { seconds: seconds() };
  };
});

function imageOf(index: number, job: SmallPushJob): Image {
  const layer = randomBytes(job.layerSize);
  const config = imageConfig([digestOf(layer)], randomBytes(400).toString('hex'));
  const repository = `bench/small-${index % job.repositories}`;
  return { repository, tag: `v${index}`, blobs: [layer, config], manifest: imageManifest(config, [layer]) };
}

/** Does what common clients do: asks for each blob, uploads it, and puts the manifest. */
async function pushImage(connection: RawConnection, image: Image | undefined): Promise<void> {
  if (image === undefined) return;
  const { repository, tag, blobs, manifest } = image;
  for (const blob of blobs) {
    const digest = digestOf(blob);
    await connection.expect(404, { method: 'HEAD', path: `/v2/${repository}/blobs/${digest}` });
    const slices = (start: number, end: number) => [blob.subarray(start, end)];
    await uploadBlob(connection, { repository, digest, size: blob.length, slices, chunkSize: undefined });
  }
  await connection.expect(201, {
    method: 'PUT',
    path: `/v2/${repository}/manifests/${tag}`,
    headers: { 'Content-Type': manifestType },
    body: { length: manifest.length, parts: [manifest] },
  });
}
