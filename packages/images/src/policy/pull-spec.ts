import type { ImageStream } from '@longshore/kube';

/**
 * What to pull for a tag of a stream: `<local repository>@<digest>` when its reference policy is Local, else where the image
 * came from (registry.md 3.6). Without a local repository or a digest, Local has nowhere to point and the source counts.
 * Undefined while the tag has no image.
 */
export function tagPullSpec(
  { spec, status }: Pick<ImageStream, 'spec' | 'status'>,
  tag: string,
  localRepository: string | undefined,
): string | undefined {
  const newest = status.tags?.find((events) => events.tag === tag)?.items?.[0];
  if (newest === undefined) return undefined;
  const isLocal = spec.tags?.find(({ name }) => name === tag)?.referencePolicy.type === 'Local';
  if (isLocal && localRepository && newest.image !== '') return `${localRepository}@${newest.image}`;
  return newest.dockerImageReference;
}
