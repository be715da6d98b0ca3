import { IMAGE_ANNOTATIONS, type ImageStream, type NamedTagEventList, type TagReference } from '@longshore/kube';

/** What of a stream must be imported. */
export interface NeededImport {
  /** The whole repository of `spec.dockerImageRepository`. */
  repository: boolean;
  tags: TagReference[];
}

/** Whether a tag is filled by imports: its source is a pull spec that is not only to be recorded. */
function isImportable({ from, reference }: TagReference): boolean {
  return from?.kind === 'DockerImage' && reference !== true;
}

/**
 * What must be imported so that the status of a stream says what its specification asks for (registry.md 3.5): all of it when
 * it was never looked at, else the tags that changed since they were. Undefined when nothing is to do.
 */
export function neededImport(stream: ImageStream): NeededImport | undefined {
  const { metadata, spec, status } = stream;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const isUnchecked = !metadata.annotations?.[IMAGE_ANNOTATIONS.repositoryCheck];
  const histories = new Map((status?.tags ?? []).map((list) => [list.tag, list]));
  const tags = (spec.tags ?? []).filter(
    (tag) =>
      isImportable(tag) && (isUnchecked || (tag.generation ?? Infinity) > seenGeneration(histories.get(tag.name))),
  );
  const repository = isUnchecked && Boolean(spec.dockerImageRepository);
  return repository || tags.length > 0 ? { repository, tags } : undefined;
}

/** The generation up to which a tag was imported, with or without success. */
function seenGeneration(list: NamedTagEventList | undefined): number {
  const conditions = list?.conditions?.map(({ generation }) => generation) ?? [];
  return Math.max(0, list?.items?.[0]?.generation ?? 0, ...conditions);
}

/**
 * The tags that are to be imported again and again (registry.md 8.5). A digest never changes: it is asked for until it is
 * there.
 */
export function scheduledTags(stream: ImageStream): TagReference[] {
  if (stream.metadata.deletionTimestamp !== undefined) return [];
  const histories = new Map((stream.status?.tags ?? []).map((list) => [list.tag, list]));
  return (stream.spec.tags ?? []).filter((tag) => {
    if (!isImportable(tag) || tag.importPolicy?.scheduled !== true) return false;
    return !tag.from?.name.includes('@') || !histories.get(tag.name)?.items?.length;
  });
}
