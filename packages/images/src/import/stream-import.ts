import type { UserInfo } from '@longshore/apiserver';
import {
  formatTime,
  IMAGE_ANNOTATIONS,
  jsonEqual,
  type ImageImportStatus,
  type ImageStream,
  type ImageStreamImport,
  type RepositoryImportSpec,
  type TagEvent,
  type TagEventCondition,
  type TagReference,
} from '@longshore/kube';
import { formatReference, parseReference } from '@longshore/oci';
import { setChangedGenerations, setNewGenerations, tagsByName } from '../streams/spec-generations.js';
import { TagHistories } from '../streams/tag-histories.js';
import { logTagChanges } from '../streams/tag-log.js';

/** Who imported, and when. */
export interface ImportContext {
  user: UserInfo;
  now: Date;
}

/** One image of an import, and where it goes. */
interface Arrival {
  tag: string;
  spec: RepositoryImportSpec;
  result: ImageImportStatus;
}

/**
 * Writes what an import found into a stream (registry.md 3.9): its tags in the specification where they are missing, an event
 * for each image, a condition for each failure, which leaves the history as it is. Changes the stream in place.
 *
 * @param old the stream as it is stored; undefined for a new one
 */
export function applyImport(
  stream: ImageStream,
  old: ImageStream | undefined,
  imported: ImageStreamImport,
  { user, now }: ImportContext,
): void {
  const arrivals = arrivalsOf(stream, imported);
  for (const arrival of arrivals) setSpecTag(stream, arrival);
  if (old === undefined) setNewGenerations(stream);
  else setChangedGenerations(stream, old);
  const generation = generationOf(stream, old);
  const at = formatTime(now);
  const histories = new TagHistories(stream);
  const specTags = tagsByName(stream);
  const changed: string[] = [];
  for (const { tag, result } of arrivals) {
    const specGeneration = specTags.get(tag)?.generation ?? 0;
    if (result.image === undefined) noteFailure(histories, tag, result, { generation, specGeneration, at });
    else {
      const { dockerImageReference = '', metadata } = result.image;
      const event = { created: at, dockerImageReference, image: metadata.name ?? '', generation };
      changed.push(...noteImage(histories, tag, event, specGeneration));
    }
  }
  stream.metadata.annotations = { ...stream.metadata.annotations, [IMAGE_ANNOTATIONS.repositoryCheck]: at };
  const log = changed.map((tag) => {
    const { image = '', generation: since = 0 } = histories.newest(tag) ?? {};
    return { tag, image, generation: since, user: user.username, source: 'import' as const, at };
  });
  logTagChanges(stream, log);
}

/** A repository fills only tags that have no other source, and keeps the policies of those that are there. */
function arrivalsOf(stream: ImageStream, { spec, status }: ImageStreamImport): Arrival[] {
  const arrivals = (spec.images ?? []).flatMap((image, index): Arrival[] => {
    const result = status?.images?.[index];
    return result === undefined ? [] : [{ tag: result.tag, spec: image, result }];
  });
  const { repository } = spec;
  const known = tagsByName(stream);
  const named = new Set(arrivals.map(({ tag }) => tag));
  for (const result of status?.repository?.images ?? []) {
    if (repository === undefined || named.has(result.tag)) continue;
    const name = formatReference({ ...parseReference(repository.from.name), tag: result.tag });
    const from = { ...repository.from, name };
    const reference = known.get(result.tag);
    if (reference === undefined) arrivals.push({ tag: result.tag, spec: { ...repository, from }, result });
    else if (isFrom(reference, { from })) arrivals.push({ tag: result.tag, spec: { from }, result });
  }
  return arrivals.filter(({ result }) => result.image !== undefined || result.status.status === 'Failure');
}

function isFrom({ from }: TagReference, spec: RepositoryImportSpec): boolean {
  return from?.kind === 'DockerImage' && from.name === spec.from.name;
}

/** What the user said of a tag that is there holds; an image that came from elsewhere makes elsewhere its source. */
function setSpecTag(stream: ImageStream, { tag: name, spec, result }: Arrival): void {
  const { importPolicy, referencePolicy } = spec;
  const tags = (stream.spec.tags ??= []);
  const known = tags.findIndex((tag) => tag.name === name);
  const old = tags[known];
  const fresh: TagReference = {
    name,
    ...(old?.annotations && { annotations: old.annotations }),
    from: { kind: 'DockerImage', name: spec.from.name },
    generation: old?.generation ?? null,
    importPolicy: importPolicy ?? {},
    referencePolicy: referencePolicy ?? { type: 'Source' },
  };
  if (old === undefined) tags.push(fresh);
  else if (isFrom(old, spec)) {
    tags[known] = { ...old, ...(importPolicy && { importPolicy }), ...(referencePolicy && { referencePolicy }) };
  } else if (result.image !== undefined) tags[known] = fresh;
}

/** What the stream will have when it is stored. */
function generationOf(stream: ImageStream, old: ImageStream | undefined): number {
  if (old === undefined) return 1;
  const { generation = 1 } = old.metadata;
  return jsonEqual(stream.spec, old.spec) ? generation : generation + 1;
}

/** Returns the tags that have changed, with those that track this one. What says nothing new is not written. */
function noteImage(histories: TagHistories, tag: string, event: TagEvent, specGeneration: number): string[] {
  const newest = histories.newest(tag);
  const isKnown =
    newest?.image === event.image &&
    newest.dockerImageReference === event.dockerImageReference &&
    newest.generation >= specGeneration;
  if (!isKnown) return histories.add(tag, event);
  histories.clearConditions(tag);
  return [];
}

function noteFailure(
  histories: TagHistories,
  tag: string,
  { status }: ImageImportStatus,
  { generation, specGeneration, at }: { generation: number; specGeneration: number; at: string },
): void {
  const { reason = 'InternalError', message = '' } = status;
  const old = histories.list(tag)?.conditions?.find(({ type }) => type === 'ImportSuccess');
  const isSame = old?.status === 'False' && old.reason === reason && old.message === message;
  if (isSame && old.generation >= specGeneration) return;
  const condition: TagEventCondition = {
    type: 'ImportSuccess',
    status: 'False',
    lastTransitionTime: old?.status === 'False' && old.lastTransitionTime ? old.lastTransitionTime : at,
    reason,
    message,
    generation,
  };
  histories.setCondition(tag, condition);
}
