import type { VirtualRequest, WatchEvent } from '@longshore/apiserver';
import { jsonEqual, type ImageStream, type KubeObject } from '@longshore/kube';
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

/** The changes of tags, computed from the changes of their streams; it tells its progress as these do. */
export async function* watchTags<T extends KubeObject>(
  view: TagView<T>,
  resourceVersion: string,
  { objects, namespace, signal }: VirtualRequest,
  progressEvery: number,
): AsyncGenerator<WatchEvent<T>> {
  const changes = objects.shared.watch<ImageStream>(STREAMS, resourceVersion, signal, namespace, progressEvery);
  for await (const { type, object, old } of changes) {
    if (type === 'BOOKMARK') yield { type, object: object as KubeObject as T };
    else yield* tagEvents(view, type === 'DELETED' ? undefined : object, type === 'DELETED' ? object : old?.());
  }
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
