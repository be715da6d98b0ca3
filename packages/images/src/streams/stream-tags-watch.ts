import type { VirtualRequest, WatchEvent } from '@longshore/apiserver';
import { hasReason, jsonEqual, type ImageStream, type KubeObject } from '@longshore/kube';
import { STREAMS } from './stream-names.js';
import { tagsOf, type StreamTag } from './stream-tag.js';

/** How a kind is made of the tags of a stream. */
export interface TagView<T extends KubeObject> {
  /** Whether a tag is one of this kind. */
  shows(tag: StreamTag): boolean;
  make(stream: ImageStream, tag: StreamTag): T;
}

/** All tags of the streams of a namespace, or of all. */
export async function listTags<T extends KubeObject>(
  view: TagView<T>,
  { objects, namespace }: VirtualRequest,
): Promise<{ items: T[]; resourceVersion: string }> {
  const { items, resourceVersion } = await objects.shared.list<ImageStream>(STREAMS, namespace);
  return { items: items.flatMap((stream) => viewOf(stream, view)), resourceVersion };
}

function viewOf<T extends KubeObject>(stream: ImageStream, view: TagView<T>): T[] {
  return tagsOf(stream)
    .filter((tag) => view.shows(tag))
    .map((tag) => view.make(stream, tag));
}

/**
 * The changes of tags, computed from the changes of their streams; it tells its progress as these do.
 *
 * One change of a stream may be several events, and all have its version, as a tag has the version of its stream: with an
 * earlier one, an informer would pass over the event of a tag that it knows from then, and writes of what it holds would conflict.
 * So somebody who was cut off among these events comes back with a version of which he may lack some. He is told them again, all
 * but the first: without that he would not know the version. What he had already, he hears twice, and it is the same.
 */
export async function* watchTags<T extends KubeObject>(
  view: TagView<T>,
  resourceVersion: string,
  request: VirtualRequest,
  progressEvery: number,
): AsyncGenerator<WatchEvent<T>> {
  // Otherwise the server begins with a list, of which nothing is missing, or at the present.
  const isResumed = Number(request.query.get('resourceVersion')) === Number(resourceVersion);
  const changes = isResumed
    ? changesSince(resourceVersion, request, progressEvery)
    : changesBehind(resourceVersion, request, progressEvery);
  let hasSeen = false;
  for await (const { type, object, old } of changes) {
    if (type === 'BOOKMARK') {
      yield { type, object: notBefore(resourceVersion, object) as T };
      continue;
    }
    const events = tagEvents(view, type === 'DELETED' ? undefined : object, type === 'DELETED' ? object : old?.());
    for (const event of events) {
      if (hasSeen || event.object.metadata.resourceVersion !== resourceVersion) yield event;
      else hasSeen = true;
    }
  }
}

function changesBehind(resourceVersion: string, { objects, namespace, signal }: VirtualRequest, progressEvery: number) {
  return objects.shared.watch<ImageStream>(STREAMS, resourceVersion, signal, namespace, progressEvery);
}

/**
 * The change of the version itself and what is behind it. When just that change is forgotten, it is left out, and missing only to
 * somebody who was away so long: to refuse him would refuse all others for ever while nothing is written, as each new list
 * has the same version.
 */
async function* changesSince(resourceVersion: string, request: VirtualRequest, progressEvery: number) {
  try {
    yield* changesBehind(String(Number(resourceVersion) - 1), request, progressEvery);
  } catch (error) {
    if (!hasReason(error, 'Expired')) throw error;
    // Whatever was forgotten later is forgotten for this watch, too.
    yield* changesBehind(resourceVersion, request, progressEvery);
  }
}

/** A bookmark, which never goes back behind where the watch began. */
function notBefore(resourceVersion: string, bookmark: KubeObject): KubeObject {
  if (Number(bookmark.metadata.resourceVersion) >= Number(resourceVersion)) return bookmark;
  return { ...bookmark, metadata: { ...bookmark.metadata, resourceVersion } };
}

/** What a change of a stream is to those who watch its tags. Pure. */
export function* tagEvents<T extends KubeObject>(
  view: TagView<T>,
  stream: ImageStream | undefined,
  old: ImageStream | undefined,
): Generator<WatchEvent<T>> {
  const before = new Map((old === undefined ? [] : tagsOf(old)).map((tag) => [tag.tag, tag]));
  const isOtherStream = stream !== undefined && old !== undefined && differs(stream, old);
  for (const tag of stream === undefined ? [] : tagsOf(stream)) {
    const known = before.get(tag.tag);
    const wasShown = known !== undefined && view.shows(known);
    if (!view.shows(tag)) continue;
    before.delete(tag.tag);
    if (stream === undefined) continue;
    if (!wasShown) yield { type: 'ADDED', object: view.make(stream, tag) };
    else if (isOtherStream || isChanged(tag, known)) {
      const was = () => (old === undefined ? undefined : view.make(old, known));
      yield { type: 'MODIFIED', object: view.make(stream, tag), old: was };
    }
  }
  if (old === undefined) return;
  // What is gone is told with the version at which it went.
  const resourceVersion = stream?.metadata.resourceVersion ?? old.metadata.resourceVersion;
  const last = { ...old, metadata: { ...old.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } };
  for (const tag of before.values()) if (view.shows(tag)) yield { type: 'DELETED', object: view.make(last, tag) };
}

/** Whether what all tags of a stream show of it has changed. */
function differs(stream: ImageStream, old: ImageStream): boolean {
  return (
    stream.spec.lookupPolicy.local !== old.spec.lookupPolicy.local ||
    !jsonEqual(stream.metadata.labels ?? {}, old.metadata.labels ?? {})
  );
}

function isChanged({ spec, status }: StreamTag, old: StreamTag): boolean {
  return !jsonEqual(status ?? null, old.status ?? null) || !jsonEqual(spec ?? null, old.spec ?? null);
}
