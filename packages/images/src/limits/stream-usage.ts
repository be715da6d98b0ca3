import type { ImageStream } from '@longshore/kube';

/** What LimitRanges count of a stream (registry.md 5). */
export interface StreamUsage {
  /** Distinct images of the status. */
  images: number;
  /** Distinct references of the tags of the specification. */
  tags: number;
}

/** A stream that is not there uses nothing. */
export function streamUsage(stream: ImageStream | undefined): StreamUsage {
  const images = new Set<string>();
  for (const { items } of stream?.status?.tags ?? []) {
    for (const { image, dockerImageReference } of items ?? []) images.add(image || dockerImageReference);
  }
  const namespace = stream?.metadata.namespace ?? '';
  const tags = new Set<string>();
  for (const { from } of stream?.spec?.tags ?? []) {
    if (from === undefined) continue;
    const isTagHere = from.kind === 'ImageStreamTag' && !from.name.includes(':');
    const name = isTagHere ? `${stream?.metadata.name}:${from.name}` : from.name;
    // Other pull specs have no namespace.
    tags.add(JSON.stringify([from.kind, from.kind === 'DockerImage' ? '' : from.namespace || namespace, name]));
  }
  return { images: images.size, tags: tags.size };
}
