import { jsonEqual, type ImageStream, type ObjectMeta, type TagReference } from '@longshore/kube';

/** The tags of a specification by their names. */
export function tagsByName({ spec }: Pick<ImageStream, 'spec'>): Map<string, TagReference> {
  return new Map((spec.tags ?? []).map((tag) => [tag.name, tag]));
}

/** What the generation of a tag counts: its source and how it is read, but no annotations (registry.md 3.5). */
function isSourceChanged(tag: TagReference, old: TagReference | undefined, { namespace }: ObjectMeta): boolean {
  if (old === undefined || tag.generation === 0) return true;
  return !jsonEqual(sourceOf(tag, namespace), sourceOf(old, namespace));
}

function sourceOf({ from, reference, importPolicy }: TagReference, namespace = '') {
  const { insecure, importMode } = importPolicy ?? {};
  return {
    kind: from?.kind ?? '',
    name: from?.name ?? '',
    namespace: from === undefined || from.kind === 'DockerImage' ? '' : from.namespace || namespace,
    reference: reference === true,
    insecure: insecure === true,
    importMode: importMode ?? '',
  };
}

/** All tags of a new stream have its generation, 1. Changes the stream in place. */
export function setNewGenerations({ spec }: ImageStream): void {
  for (const tag of spec.tags ?? []) tag.generation = 1;
}

/**
 * Sets the generations of the tags of a stream that replaces another (registry.md 3.5): what a client wrote counts only when
 * it is 0, and a tag whose source has changed has the generation that the stream will have. Changes the stream in place;
 * returns the tags that have changed.
 */
export function setChangedGenerations(stream: ImageStream, old: ImageStream): TagReference[] {
  const before = tagsByName(old);
  const tags = stream.spec.tags ?? [];
  for (const tag of tags) {
    const known = before.get(tag.name);
    if (tag.generation !== 0 && known !== undefined) tag.generation = known.generation ?? 0;
  }
  const changed = tags.filter((tag) => isSourceChanged(tag, before.get(tag.name), stream.metadata));
  const { generation = 0 } = old.metadata;
  for (const tag of changed) tag.generation = generation + 1;
  return changed;
}
