import type { ImageStream } from '@longshore/kube';
import { parseReference, type Reference } from '@longshore/oci';
import { tagPullSpec } from './pull-spec.js';

/** `app`, `app:v1`: a tag of an image stream, as the image of a container. */
export interface ShortName {
  stream: string;
  tag: string;
}

/** The reference that a container names as its image; undefined when it is none. */
export function readImage(image: string): Reference | undefined {
  try {
    return parseReference(image);
  } catch {
    return undefined;
  }
}

/** Undefined for names with a registry, a namespace or a digest, and for what is no reference at all. */
export function shortName(image: string): ShortName | undefined {
  const { registry, repository = '/', tag = 'latest', digest } = readImage(image) ?? {};
  if (registry !== undefined || digest !== undefined || repository.includes('/')) return undefined;
  return { stream: repository, tag };
}

/**
 * What a short name stands for: what its tag says or, as long as the tag has no image, the tag in the local repository of the
 * stream (registry.md 3.10). Undefined when the name stays as it is: the stream does not offer itself for look-up and the
 * object does not ask for it (`isAsked`), or there is no registry.
 */
export function imageOfShortName(
  stream: ImageStream,
  tag: string,
  { isAsked, localRepository }: { isAsked: boolean; localRepository: string | undefined },
): string | undefined {
  if (!isAsked && !stream.spec.lookupPolicy.local) return undefined;
  return tagPullSpec(stream, tag, localRepository) ?? (localRepository && `${localRepository}:${tag}`);
}
