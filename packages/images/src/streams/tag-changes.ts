import { invalidValue, valueNotFound, type UserInfo } from '@longshore/apiserver';
import {
  ApiError,
  formatTime,
  type ImageStream,
  type StatusCause,
  type TagEvent,
  type TagReference,
} from '@longshore/kube';
import { formatReference } from '@longshore/oci';
import type { ImageApiParts } from '../api/parts.js';
import { mayNotPull, readPullSpec } from './stream-validation.js';
import { TagHistories } from './tag-histories.js';
import { logTagChanges } from './tag-log.js';
import { referencedPart, type NameInStream } from './tag-names.js';
import { newestEvent, resolveImage } from './tag-resolution.js';

/** What the events of changed tags depend on. */
export interface TagChangeContext {
  user: UserInfo;
  now: Date;
  /** Another stream; undefined when there is none. */
  readStream: (namespace: string, name: string) => Promise<ImageStream | undefined>;
  parts: Pick<ImageApiParts, 'allows' | 'hostnames'>;
}

/**
 * Adds the events of tags that were given a new source in the specification (registry.md 3.3, 3.5): copies of tags and images,
 * the tracking of tags of the same stream, pull specs that are only noted. Pull specs to be imported get their events by the
 * import. Changes the stream in place; returns what is wrong with the sources.
 */
export async function applyTagChanges(
  stream: ImageStream,
  changed: readonly TagReference[],
  context: TagChangeContext,
): Promise<StatusCause[]> {
  const causes: StatusCause[] = [];
  const once = rememberStreams(context);
  const histories = new TagHistories(stream);
  const written: string[] = [];
  for (const tag of changed) {
    const event = await eventOf(tag, stream, histories, once);
    if (Array.isArray(event)) causes.push(...event);
    else if (event !== undefined) written.push(...histories.add(tag.name, event));
  }
  logTagChanges(
    stream,
    written.map((tag) => ({
      tag,
      image: histories.newest(tag)?.image ?? '',
      generation: histories.newest(tag)?.generation ?? 0,
      user: context.user.username,
      source: 'tag',
      at: formatTime(context.now),
    })),
  );
  return causes;
}

/** Thousands of tags may come from the same stream. */
function rememberStreams(context: TagChangeContext): TagChangeContext {
  const streams = new Map<string, Promise<ImageStream | undefined>>();
  const rights = new Map<string, Promise<boolean>>();
  const remember = <T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = known.get(key) ?? ask();
    known.set(key, answer);
    return answer;
  };
  return {
    ...context,
    readStream: (namespace, name) =>
      remember(streams, `${namespace}/${name}`, () => context.readStream(namespace, name)),
    parts: {
      ...context.parts,
      allows: (user, right) => remember(rights, JSON.stringify(right), () => context.parts.allows(user, right)),
    },
  };
}

/** The event, nothing when there is none to add, or what is wrong. */
async function eventOf(
  tag: TagReference,
  stream: ImageStream,
  histories: TagHistories,
  context: TagChangeContext,
): Promise<TagEvent | undefined | StatusCause[]> {
  const { from, reference, generation } = tag;
  if (from === undefined) return undefined;
  if (from.kind === 'DockerImage') {
    if (!reference) return undefined;
    const created = formatTime(context.now);
    return { created, dockerImageReference: from.name, image: '', generation: generation ?? 0 };
  }
  const { name = '', namespace = '' } = stream.metadata;
  const path = `spec.tags[${tag.name}]`;
  const target = referencedPart(from, name);
  // The validation has found what is wrong here.
  if (target === undefined) return undefined;
  const targetNamespace = from.namespace || namespace;
  const isHere = targetNamespace === namespace && target.stream === name;
  const source = isHere ? stream : await readSource(targetNamespace, target, path, stream, context);
  if (Array.isArray(source)) return source;
  if (source === undefined) return [valueNotFound(`${path}.from.name`, from.name)];
  let event: TagEvent | undefined;
  if (from.kind === 'ImageStreamTag') {
    event = isHere ? histories.newest(target.part) : newestEvent(source, target.part);
  } else {
    const image = imageOf(source, target.part, `${path}.from.name`, from.name);
    if (Array.isArray(image)) return image;
    // A tag that is set back has become that only now, whenever the image came.
    event = { ...image, created: formatTime(context.now) };
  }
  // A tag that does not exist yet is no mistake: in the same stream it will be followed.
  if (event === undefined) return undefined;
  const copied = { ...event, generation: generation ?? event.generation };
  return reference || isHere ? copied : { ...copied, dockerImageReference: asOwn(event, source, stream, context) };
}

/** Who points at another namespace must be allowed to pull there; without the right they do not learn what is there. */
async function readSource(
  namespace: string,
  { stream: name }: NameInStream,
  path: string,
  stream: ImageStream,
  { user, parts, readStream }: TagChangeContext,
): Promise<ImageStream | undefined | StatusCause[]> {
  if (namespace !== stream.metadata.namespace) {
    const right = { verb: 'get', resource: 'imagestreams', subresource: 'layers', namespace, name };
    if (!(await parts.allows(user, right))) return [mayNotPull(path, namespace, name)];
  }
  return readStream(namespace, name);
}

function imageOf(source: ImageStream, prefix: string, field: string, name: string): TagEvent | StatusCause[] {
  try {
    return resolveImage(source, prefix);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [invalidValue(field, name, `error generating tag event: ${error.message}`)];
  }
}

/** What is in the cluster's registry as the other stream's is pulled from this stream from now on. */
function asOwn(event: TagEvent, source: ImageStream, stream: ImageStream, { parts }: TagChangeContext): string {
  const reference = readPullSpec(event.dockerImageReference);
  const { internal } = parts.hostnames();
  const isTheirs =
    typeof reference !== 'string' &&
    internal !== undefined &&
    reference.registry === internal &&
    reference.repository === `${source.metadata.namespace}/${source.metadata.name}`;
  if (!isTheirs) return event.dockerImageReference;
  return formatReference({ ...reference, repository: `${stream.metadata.namespace}/${stream.metadata.name}` });
}
