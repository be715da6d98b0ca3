import { serveJob } from './job.js';
import { RawConnection, type Target } from './raw-connection.js';
import { SmallImage } from './small-image.js';
import { stopwatch } from '../stopwatch.js';

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

serveJob<SmallPushJob, SmallPush>(async (job) => {
  const images = Array.from({ length: job.images }, () => new SmallImage(job.layerSize));
  const pushes = await Promise.all(images.map(async (image) => ({ image, to: await RawConnection.open(job.target) })));
  return async () => {
    const seconds = stopwatch();
    await Promise.all(
      pushes.map(({ image, to }, index) => image.push(to, `bench/small-${index % job.repositories}`, `v${index}`)),
    );
    return { seconds: seconds() };
  };
});
