import { conflict, IMAGE_GROUP, notFound, type ImageStream, type TagEvent } from '@longshore/kube';

/**
 * The newest event of a stream whose image is this digest, or the only one that begins like this, with or without its
 * algorithm (registry.md 3.3, 3.6). Where the stream has the same image also from elsewhere, the one that is in the registry of
 * the cluster counts. Errors: ApiError `NotFound`; `Conflict` when several images begin so.
 */
export function resolveImage({ status }: ImageStream, prefix: string): TagEvent {
  const resource = { group: IMAGE_GROUP, resource: 'imagestreamimages' };
  const found = new Map<string, TagEvent>();
  const isOwn = ({ dockerImageReference: reference, image }: TagEvent) =>
    reference === `${status.dockerImageRepository}@${image}`;
  const isBetter = (event: TagEvent, known: TagEvent) =>
    isOwn(event) === isOwn(known) ? known.created < event.created : isOwn(event);
  for (const { items } of status.tags ?? []) {
    for (const event of items ?? []) {
      if (event.image === '' || !beginsWith(event.image, prefix)) continue;
      const known = found.get(event.image);
      if (known === undefined || isBetter(event, known)) found.set(event.image, event);
    }
  }
  const [event, ...others] = found.values();
  if (event === undefined) throw notFound(resource, prefix);
  if (others.length === 0) return event;
  const images = [...found.keys()].sort();
  const exact = found.get(prefix);
  if (exact !== undefined) return exact;
  const shown = images.slice(0, 5).join(', ') + (images.length > 5 ? ', ...' : '');
  throw conflict(resource, prefix, `multiple images match the prefix ${JSON.stringify(prefix)}: ${shown}`);
}

function beginsWith(digest: string, prefix: string): boolean {
  return digest.startsWith(prefix) || digest.slice(digest.indexOf(':') + 1).startsWith(prefix);
}

/** The newest event of a tag; undefined when it has none. */
export function newestEvent({ status }: Pick<ImageStream, 'status'>, tag: string): TagEvent | undefined {
  return status.tags?.find((list) => list.tag === tag)?.items?.[0];
}
