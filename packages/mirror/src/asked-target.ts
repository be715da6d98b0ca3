import type { ImageTarget } from '@longshore/distribution';
import { MirrorError } from './mirror-error.js';

/** Lets a target say that it was the one who failed when it is asked what it has: MirrorError PLANNING. Changes it in place. */
export function askedTarget(target: ImageTarget): ImageTarget {
  const [digestOf, hasBlob] = [target.digestOf.bind(target), target.hasBlob.bind(target)];
  const asked = async <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      signal.throwIfAborted();
      const words = `unable to find out what ${target.name} has: ${(error as Error).message}`;
      throw new MirrorError('PLANNING', words, { cause: error });
    }
  };
  target.digestOf = (reference, options) => asked(digestOf(reference, options), options.signal);
  target.hasBlob = (blob, options) => asked(hasBlob(blob, options), options.signal);
  return target;
}
