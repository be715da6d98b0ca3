import type { ImageStream } from '@longshore/kube';
import { newestEvent } from '../streams/tag-resolution.js';

/**
 * What to pull for a tag of a stream: `<local repository>@<digest>` when its reference policy is Local, else where the image
 * came from (registry.md 3.6). Without a local repository or a digest, Local has nowhere to point and the source counts.
 * Undefined while the tag has no image.
 */
export function tagPullSpec(stream: ImageStream, tag: string, localRepository: string | undefined): string | undefined {
  const newest = newestEvent(stream, tag);
  if (newest === undefined) return undefined;
  const isLocal = stream.spec.tags?.find(({ name }) => name === tag)?.referencePolicy.type === 'Local';
  if (isLocal && localRepository && newest.image !== '') return `${localRepository}@${newest.image}`;
  return newest.dockerImageReference;
}
