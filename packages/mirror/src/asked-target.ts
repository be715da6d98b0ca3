import type { ImageTarget } from '@longshore/distribution';
import { MirrorError } from './mirror-error.js';

/** Lets a target say that it was the one who failed when it is asked what it has: MirrorError PLANNING. Changes it in place. */
export function askedTarget(target: ImageTarget): ImageTarget {
  const digestOf = target.digestOf.bind(target);
  target.digestOf = async (reference, options) => {
    try {
      return await digestOf(reference, options);
    } catch (error) {
      options.signal.throwIfAborted();
      const words = `unable to find out what ${target.name} has: ${(error as Error).message}`;
      throw new MirrorError('PLANNING', words, { cause: error });
    }
  };
  return target;
}
