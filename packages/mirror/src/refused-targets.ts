import { CopyError } from '@longshore/distribution';
import type { CopyFailure, ImageTarget, SurveyedImage } from '@longshore/distribution';

/**
 * Leaves out of a survey what its targets could not hold, so that nothing is written in vain; and all that goes to an archive of which
 * another image is missing: an archive is whole or not there, as nothing can be added to it later. Returns what was left out.
 */
export function refuseTargets(images: SurveyedImage[]): CopyFailure[] {
  const refused = leaveOut(images, (image, target) => {
    try {
      target.checkImage?.(image.tree);
      return undefined;
    } catch (error) {
      if (error instanceof CopyError) return error;
      throw error;
    }
  });
  const failed = images.flatMap(({ state, targets }) => (state === 'failed' ? targets : []));
  const incomplete = new Set(
    [...failed, ...refused].flatMap(({ target }) => (target.complete === undefined ? [] : target.store)),
  );
  const words = 'is not written, as not all of its images can be; an archive is written as a whole';
  const left = leaveOut(images, (_, { store, name }) =>
    incomplete.has(store) ? new CopyError('INCOMPLETE', `${name}: ${words}`) : undefined,
  );
  return [...refused, ...left];
}

type Wanted = SurveyedImage & { state: 'wanted' };

function leaveOut(
  images: SurveyedImage[],
  refusal: (image: Wanted, target: ImageTarget) => CopyError | undefined,
): CopyFailure[] {
  const refused: CopyFailure[] = [];
  for (const [index, image] of images.entries()) {
    if (image.state !== 'wanted') continue;
    const targets = image.targets.filter(({ target, tag }) => {
      const error = refusal(image, target);
      const tags = tag === undefined ? [] : [tag];
      if (error !== undefined) refused.push({ target, digest: image.tree.manifest.digest, tags, error });
      return error === undefined;
    });
    images[index] = { ...image, targets };
  }
  return refused;
}
