import {
  StoreError,
  type ChangeOptions,
  type ObjectAccess,
  type ObjectWrite,
  type VirtualRequest,
} from '@longshore/apiserver';
import {
  conflict,
  formatTime,
  hasReason,
  IMAGE_ANNOTATIONS,
  MODIFIED,
  notFound,
  type Image,
  type ImageStream,
  type ImageStreamMapping,
  type KubeObject,
  type TagEvent,
} from '@longshore/kube';
import { IMAGES } from '../images/image-kind.js';
import { isManaged } from '../images/managed-image.js';
import { MAPPING_RESOURCE, STREAM_RESOURCE, STREAMS } from './stream-names.js';
import { TagHistories } from './tag-histories.js';
import { logTagChanges, type TagChange } from './tag-log.js';
import { newestEvent } from './tag-resolution.js';

const MAX_TRIES = 10;

/** The request of a mapping. `trusted`: by who may name what the cluster's registry holds. */
type PushRequest = VirtualRequest & { trusted: boolean };

/**
 * Stores a pushed image and the event of its tag in one commit (registry.md 3.8): a stream never lists an image that is not there.
 * An image that is known is told that it was pushed again. Errors: those of writing images and streams; `NotFound`, of the
 * mapping, when the stream is gone.
 */
export async function storePush(
  mapping: ImageStreamMapping,
  image: Image,
  stream: ImageStream,
  request: PushRequest,
): Promise<void> {
  const { user, dryRun } = request;
  const objects = request.objects.shared;
  const digest = image.metadata.name ?? '';
  for (let attempt = 1; ; attempt++) {
    const known = await objects.get<Image>(IMAGES, '', digest);
    if (known !== undefined) await checkSame(image, request);
    const writes = [writeImage(image, known, request), writeStream(mapping, image, known, stream, request)];
    try {
      return await commit(objects, writes, { user, dryRun });
    } catch (error) {
      // Pushed or pruned just now.
      const isRace = hasReason(error, 'AlreadyExists') || hasReason(error, 'NotFound');
      if (isRace && error.details.name === digest && attempt < MAX_TRIES) continue;
      throw hasReason(error, 'NotFound') ? notFound(MAPPING_RESOURCE, stream.metadata.name ?? '') : error;
    }
  }
}

async function commit(
  objects: Pick<ObjectAccess, 'commit'>,
  writes: readonly ObjectWrite[],
  options: ChangeOptions,
): Promise<void> {
  try {
    await objects.commit(writes, options);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'TOO_LARGE') throw error;
    // A stream may be as large as a write may be. What it lists is there before it.
    for (const write of writes) await objects.commit([write], options);
  }
}

/** What names an image that is known must be as valid as what brings a new one. Errors: ApiError `Invalid`. */
async function checkSame(image: Image, { objects, user }: VirtualRequest): Promise<void> {
  try {
    await objects.commit([creation(image)], { user, dryRun: true });
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
}

function creation(image: Image): ObjectWrite {
  return { type: 'create', resource: IMAGES, object: { ...image, metadata: { ...image.metadata } } };
}

/** Who is about to prune an image that is pushed again finds that it has changed. */
function writeImage(image: Image, known: Image | undefined, { now }: VirtualRequest): ObjectWrite {
  if (known === undefined) return creation(image);
  const change = (known: KubeObject) => pushedAgain(structuredClone(known), now);
  return { type: 'change', resource: IMAGES, namespace: '', name: image.metadata.name ?? '', part: '', change };
}

function pushedAgain({ metadata, ...image }: KubeObject, now: Date): KubeObject {
  const annotations = { ...metadata.annotations, [IMAGE_ANNOTATIONS.pushedAt]: formatTime(now) };
  return { ...image, metadata: { ...metadata, annotations } };
}

function writeStream(
  { tag, metadata }: ImageStreamMapping,
  image: Image,
  known: Image | undefined,
  stream: ImageStream,
  { user, now, trusted }: PushRequest,
): ObjectWrite {
  const { name = '', namespace = '' } = stream.metadata;
  // Somebody else may have pushed it since an ordinary user's mapping was checked.
  const reference = trusted && isManaged(known) ? ownReference(stream, image) : image.dockerImageReference;
  const event = {
    created: formatTime(now),
    dockerImageReference: reference ?? '',
    image: image.metadata.name ?? '',
    generation: 0,
  };
  const onBehalfOf = trusted ? metadata.annotations?.[IMAGE_ANNOTATIONS.onBehalfOf] : undefined;
  const change = push(tag, event, { user: user.username, ...(onBehalfOf !== undefined && { onBehalfOf }) });
  return {
    type: 'change',
    resource: STREAMS,
    namespace,
    name,
    part: 'all',
    change: (stream) => change(stream as ImageStream),
  };
}

/** An image of the cluster's registry that is known already may have come through another stream. */
function ownReference({ status }: ImageStream, { metadata, dockerImageReference }: Image): string | undefined {
  const { dockerImageRepository } = status;
  return dockerImageRepository === '' ? dockerImageReference : `${dockerImageRepository}@${metadata.name}`;
}

/**
 * The change of a stream by a push. Errors: ApiError `Conflict` when the tag has got another image since this was asked first,
 * or others write the stream all the time.
 */
function push(tag: string, event: TagEvent, who: Pick<TagChange, 'user' | 'onBehalfOf'>) {
  let tries = 0;
  let first: TagEvent | undefined;
  return (current: ImageStream): ImageStream => {
    const stream = { ...current, metadata: { ...current.metadata } };
    const newest = newestEvent(stream, tag);
    if (++tries === 1) first = newest;
    if (tries > MAX_TRIES || !isSameImage(first, newest)) {
      throw conflict(STREAM_RESOURCE, stream.metadata.name ?? '', MODIFIED);
    }
    const generation = stream.metadata.generation ?? 0;
    const changed = new TagHistories(stream).add(tag, { ...event, generation });
    const change = { image: event.image, generation, ...who, source: 'push' as const, at: event.created };
    logTagChanges(
      stream,
      changed.map((tag) => ({ tag, ...change })),
    );
    return stream;
  };
}

/** Generations and times do not count. */
function isSameImage(left: TagEvent | undefined, right: TagEvent | undefined): boolean {
  return left?.image === right?.image && left?.dockerImageReference === right?.dockerImageReference;
}
