import { forbiddenField, type ObjectAccess, type Preconditions, type VirtualRequest } from '@longshore/apiserver';
import {
  ApiError,
  badRequest,
  conflict,
  formatTime,
  hasReason,
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  invalid,
  jsonEqual,
  notFound,
  type Image,
  type ImageStream,
  type ObjectMeta,
  type TagReference,
} from '@longshore/kube';
import { STREAMS } from './stream-names.js';
import { tagOf, type StreamTag } from './stream-tag.js';
import { TagHistories } from './tag-histories.js';
import { logTagChanges } from './tag-log.js';
import { splitTagName, type NameInStream } from './tag-names.js';

const MAX_TRIES = 10;

/** Which computed kind a request is about. */
export interface TagKind {
  kind: string;
  plural: string;
}

export const resourceOf = ({ plural }: TagKind) => ({ group: IMAGE_GROUP, resource: plural });

/** Errors: ApiError `BadRequest` for what is not `stream:tag`. */
export function tagName({ kind }: TagKind, name: string): NameInStream {
  const split = splitTagName(name);
  if (split === undefined) throw badRequest(`${kind}s must be retrieved with <name>:<tag>`);
  return split;
}

/** Errors: ApiError `NotFound`, of the computed kind. */
export async function readTag(
  kind: TagKind,
  name: string,
  { objects, namespace }: Pick<VirtualRequest, 'objects' | 'namespace'>,
): Promise<{ stream: ImageStream; tag: StreamTag }> {
  const at = tagName(kind, name);
  const stream = await objects.shared.get<ImageStream>(STREAMS, namespace, at.stream);
  const tag = stream && tagOf(stream, at.part);
  if (stream === undefined || tag === undefined) throw notFound(resourceOf(kind), name);
  return { stream, tag };
}

/** The image that a tag has now; undefined when it has none, or the image is gone. */
export async function readImage({ status }: StreamTag, objects: Pick<ObjectAccess, 'get'>): Promise<Image | undefined> {
  const { image = '' } = status?.items?.[0] ?? {};
  return image === '' ? undefined : objects.get<Image>(`images.${IMAGE_GROUP}`, '', image);
}

/**
 * Changes a tag of the specification, in a stream that is created when there is none. `change` gets the tag as it is and returns
 * what it should be; what it throws ends the write. Errors: those of writing streams, ApiError `ServerTimeout`.
 */
export async function writeSpecTag(
  { stream: name, part: tag }: NameInStream,
  { objects, namespace, user, dryRun, signal }: VirtualRequest,
  change: (old: TagReference | undefined, stream: ImageStream | undefined) => TagReference | undefined,
): Promise<ImageStream> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    signal.throwIfAborted();
    try {
      const write = (stream: ImageStream) => withSpecTag(stream, tag, (old) => change(old, stream));
      return await objects.change<ImageStream>(STREAMS, namespace, name, '', write, { user, dryRun });
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
    const empty = {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageStream',
      metadata: { name, namespace },
      spec: { lookupPolicy: { local: false } },
      status: { dockerImageRepository: '' },
    };
    const object = withSpecTag(empty, tag, (old) => change(old, undefined));
    try {
      const [created] = await objects.commit([{ type: 'create', resource: STREAMS, object }], { user, dryRun });
      return created as ImageStream;
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }
  throw new ApiError('ServerTimeout', `The image stream ${JSON.stringify(name)} keeps changing`, undefined, {
    retryAfterSeconds: 2,
  });
}

function isMissing(error: unknown, name: string): boolean {
  return hasReason(error, 'NotFound') && error.details.name === name;
}

function withSpecTag(
  stream: ImageStream,
  tag: string,
  change: (old: TagReference | undefined) => TagReference | undefined,
): ImageStream {
  const { tags = [] } = stream.spec;
  const at = tags.findIndex(({ name }) => name === tag);
  const changed = change(at < 0 ? undefined : tags[at]);
  const before = at < 0 ? tags : tags.slice(0, at);
  const behind = at < 0 ? [] : tags.slice(at + 1);
  return { ...stream, spec: { ...stream.spec, tags: [...before, ...(changed ? [changed] : []), ...behind] } };
}

/**
 * Removes a tag from specification and status at once. Errors: ApiError `NotFound` when neither has it, `Conflict` when the
 * stream is not the one of the preconditions.
 */
export async function removeTag(
  kind: TagKind,
  name: string,
  { objects, namespace, user, dryRun, now }: VirtualRequest,
  { uid, resourceVersion }: Preconditions,
): Promise<void> {
  const at = tagName(kind, name);
  const refuse = (what: string) => conflict(resourceOf(kind), name, `the ${what} precondition was not met`);
  const remove = (stream: ImageStream): ImageStream => {
    const { metadata, spec } = stream;
    if (uid !== undefined && uid !== metadata.uid) throw refuse('UID');
    if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) throw refuse('resourceVersion');
    const tags = spec.tags?.filter((tag) => tag.name !== at.part) ?? [];
    const hadStatus = new TagHistories(stream).remove(at.part);
    if (!hadStatus && tags.length === (spec.tags ?? []).length) throw notFound(resourceOf(kind), name);
    stream.spec = { ...spec, tags };
    const change = { tag: at.part, image: '', generation: metadata.generation ?? 0, user: user.username };
    logTagChanges(stream, [{ ...change, source: 'delete', at: formatTime(now) }]);
    return stream;
  };
  try {
    await objects.change<ImageStream>(STREAMS, namespace, at.stream, 'all', remove, { user, dryRun });
  } catch (error) {
    throw isMissing(error, at.stream) ? notFound(resourceOf(kind), name) : error;
  }
}

/**
 * Tags show the labels of their stream, which are changed there; who does not send any leaves them. Errors: ApiError `Invalid`.
 */
export function checkLabelsKept(
  { kind }: TagKind,
  { name = '', labels }: ObjectMeta,
  stream: ImageStream | undefined,
): void {
  if (labels === undefined || jsonEqual(labels, stream?.metadata.labels ?? {})) return;
  const detail = 'may not be changed here: they are those of the image stream';
  throw invalid({ group: IMAGE_GROUP, kind }, name, [forbiddenField('metadata.labels', detail)]);
}

/** What deletions of tags answer. */
export const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } as const;
