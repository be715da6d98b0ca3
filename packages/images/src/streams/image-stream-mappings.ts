import {
  invalidValue,
  requiredValue,
  s,
  StoreError,
  valueNotFound,
  type ChangeOptions,
  type ObjectAccess,
  type ObjectWrite,
  type ResourceDefinition,
  type VirtualRequest,
} from '@longshore/apiserver';
import {
  conflict,
  formatTime,
  hasReason,
  IMAGE_ANNOTATIONS,
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  invalid,
  MODIFIED,
  notFound,
  type Image,
  type ImageStream,
  type ImageStreamMapping,
  type KubeObject,
  type StatusCause,
  type TagEvent,
} from '@longshore/kube';
import { isDigest, isTag } from '@longshore/oci';
import { completeImage, IMAGES } from '../images/image-kind.js';
import { isManaged } from '../images/managed-image.js';
import { imageField } from '../images/image-schema.js';
import { Turns } from '../limits/turns.js';
import { mayImportFromAll } from './allowed-registries.js';
import { defineKind } from './define-kind.js';
import { checkForeignImage } from './foreign-image.js';
import type { StreamServices } from './services.js';
import { MAPPING_RESOURCE, STREAM_RESOURCE, STREAMS } from './stream-names.js';
import { readPullSpec, TAG_RULE } from './stream-validation.js';
import { TagHistories } from './tag-histories.js';
import { logTagChanges, type TagChange } from './tag-log.js';
import { newestEvent } from './tag-resolution.js';
import { SUCCESS } from './tag-writes.js';

const KIND = { group: IMAGE_GROUP, kind: 'ImageStreamMapping' };
const MAX_TRIES = 10;

/** The kind ImageStreamMapping, by which a push gives a tag its image (registry.md 3.8). */
export function imageStreamMappingKind(services: StreamServices): ResourceDefinition {
  const turns = new Turns();
  return defineKind<ImageStreamMapping>({
    kind: KIND.kind,
    plural: MAPPING_RESOURCE.resource,
    scope: 'Namespaced',
    schema: s.object('An image that a tag of a stream should have.', {
      dockerImageRepository: s.string('The repository of the stream, instead of its name. Deprecated.'),
      image: imageField.describe('The image; with manifest and configuration as text the server fills in the rest.'),
      tag: s.string('The tag.'),
    }).schema,
    backend: {
      type: 'virtual',
      create: async (mapping, request) => {
        checkMapping(mapping);
        const stream = await findStream(mapping, request);
        const image = newImage(mapping, stream, services);
        const { parts } = services;
        const trusted = await mayImportFromAll(request.user, parts.allows);
        if (!trusted) await checkForeignImage(mapping, image, parts, request);
        await services.limits.admitImages(stream.metadata, [image], request);
        // Pushes into one stream would only get into each other's way.
        const key = `${request.namespace}/${stream.metadata.name}`;
        await turns.run(key, () => storePush(mapping, image, stream, { ...request, trusted }));
        return SUCCESS;
      },
    },
  });
}

/** Errors: ApiError `Invalid`. Of the image the rest is checked when it is stored. */
function checkMapping({ metadata, dockerImageRepository: repository = '', image, tag = '' }: ImageStreamMapping): void {
  const { name = '' } = metadata;
  const causes: StatusCause[] = [];
  if (repository !== '') {
    const read = readPullSpec(repository);
    if (typeof read === 'string') causes.push(invalidValue('dockerImageRepository', repository, read));
  } else if (name === '') causes.push(requiredValue('name'), requiredValue('dockerImageRepository'));
  if (tag === '') causes.push(requiredValue('tag'));
  else if (!isTag(tag)) causes.push(invalidValue('tag', tag, TAG_RULE));
  const digest = image?.metadata?.name ?? '';
  if (digest === '') causes.push(requiredValue('image.metadata.name'));
  else if (!isDigest(digest)) {
    causes.push(invalidValue('image.metadata.name', digest, 'must be the digest of the manifest'));
  }
  if (causes.length > 0) throw invalid(KIND, name, causes);
}

/** Errors: ApiError `NotFound`; `Invalid` when no stream has the repository. */
async function findStream(mapping: ImageStreamMapping, { objects, namespace }: VirtualRequest): Promise<ImageStream> {
  const { dockerImageRepository: repository = '', metadata } = mapping;
  const { name = '' } = metadata;
  if (repository === '') {
    const stream = await objects.shared.get<ImageStream>(STREAMS, namespace, name);
    if (stream === undefined) throw notFound(MAPPING_RESOURCE, name);
    return stream;
  }
  const { items } = await objects.shared.list<ImageStream>(STREAMS, namespace);
  const isOfIt = ({ spec, status }: ImageStream) =>
    spec.dockerImageRepository === repository || status.dockerImageRepository === repository;
  const stream = items.find(isOfIt);
  if (stream === undefined) throw invalid(KIND, name, [valueNotFound('dockerImageRepository', repository)]);
  return stream;
}

/** Errors: those of {@link completeImage}. */
function newImage(mapping: ImageStreamMapping, { metadata }: ImageStream, { parts }: StreamServices): Image {
  const { signatures: _signatures, ...rest } = mapping.image;
  const { name, annotations, labels } = rest.metadata;
  const { internal } = parts.hostnames();
  const image = {
    ...rest,
    apiVersion: IMAGE_API_VERSION,
    kind: 'Image',
    metadata: { ...(name && { name }), ...(annotations && { annotations }), ...(labels && { labels }) },
  } as Image;
  if (!image.dockerImageReference && internal !== undefined) {
    image.dockerImageReference = `${internal}/${metadata.namespace}/${metadata.name}@${name}`;
  }
  completeImage(image);
  return image;
}

/** Stores the image and the event of its tag in one write. An image that is known is told that it was pushed again. */
async function storePush(
  mapping: ImageStreamMapping,
  image: Image,
  stream: ImageStream,
  request: VirtualRequest & { trusted: boolean },
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
  { user, now, trusted }: VirtualRequest & { trusted: boolean },
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
