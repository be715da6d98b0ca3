import { each } from './each.js';
import type { ImageTarget } from './place.js';
import type { SurveyOptions, WantedImage } from './survey.js';

/** From so many images on, it pays to ask first whether a repository is new. */
const SEVERAL = 4;

/** Names a repository of a store. */
export function repositoryKey({ store, repository }: ImageTarget): string {
  return `${store} ${repository}`;
}

/**
 * The repositories that are to get several images and do not exist yet, by `repositoryKey`. One that does not tell is none of
 * them: it will be asked for each part. Errors: the signal's reason.
 */
export async function findNewRepositories(
  images: readonly WantedImage[],
  { limits, signal }: Pick<SurveyOptions, 'limits' | 'signal'>,
): Promise<ReadonlySet<string>> {
  const counted = new Map<string, { target: ImageTarget; images: number }>();
  for (const { target } of images.flatMap(({ targets }) => targets)) {
    const count = counted.get(repositoryKey(target))?.images ?? 0;
    counted.set(repositoryKey(target), { target, images: count + 1 });
  }
  const found = new Set<string>();
  const several = [...counted].filter(([, counts]) => counts.images >= SEVERAL);
  await each(several, limits.most, async ([key, { target }]) => {
    const isNew = await limits
      .run([target.store], signal, async () => target.isNew?.({ signal }))
      .catch(() => signal.throwIfAborted());
    if (isNew === true) found.add(key);
  });
  return found;
}
