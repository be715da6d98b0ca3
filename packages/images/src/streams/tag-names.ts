import type { ImageReferenceObject, ObjectMeta, TagReference } from '@longshore/kube';

/** What an ImageStreamTag or ImageStreamImage is called: `stream:tag`, `stream@digest`. */
export interface NameInStream {
  stream: string;
  /** A tag, or the digest or its unique beginning. */
  part: string;
}

/** Splits `stream:tag`; undefined when it is not of this form. */
export function splitTagName(name: string): NameInStream | undefined {
  return splitOnce(name, ':');
}

/** Splits `stream@digest`; undefined when it is not of this form. */
export function splitImageName(name: string): NameInStream | undefined {
  return splitOnce(name, '@');
}

function splitOnce(name: string, separator: string): NameInStream | undefined {
  const [stream, part, ...more] = name.split(separator);
  return stream && part && more.length === 0 ? { stream, part } : undefined;
}

/**
 * Where a reference to a tag or an image of a stream leads (registry.md 3.3): `tag` and `stream:tag`, digests and
 * `stream@digest`; of the same stream when none is named. Undefined when it cannot be read, and for pull specs.
 */
export function referencedPart(from: ImageReferenceObject, stream: string): NameInStream | undefined {
  switch (from.kind) {
    case 'ImageStreamTag':
      if (from.name.includes(':')) return splitTagName(from.name);
      return from.name === '' ? undefined : { stream, part: from.name };
    case 'ImageStreamImage':
      if (from.name.includes('@')) return splitImageName(from.name);
      return from.name === '' ? undefined : { stream, part: from.name };
    default:
      return undefined;
  }
}

/** The tag of the same stream that a spec tag follows at every change; undefined when it follows none. */
export function trackedTag({ from }: TagReference, { name = '', namespace = '' }: ObjectMeta): string | undefined {
  if (from?.kind !== 'ImageStreamTag') return undefined;
  if (from.namespace !== undefined && from.namespace !== '' && from.namespace !== namespace) return undefined;
  const part = referencedPart(from, name);
  return part?.stream === name ? part.part : undefined;
}
