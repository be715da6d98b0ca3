import {
  invalidValue,
  s,
  type ResourceDefinition,
  type VirtualBackend,
  type VirtualRequest,
} from '@longshore/apiserver';
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  IMAGE_GROUP,
  invalid,
  jsonEqual,
  notFound,
  type ImageStream,
  type ImageStreamTag,
  type ImportMode,
  type StatusCause,
  type TagReference,
} from '@longshore/kube';
import { isTag } from '@longshore/oci';
import { imageField } from '../images/image-schema.js';
import { defineKind } from './define-kind.js';
import { setTagDefaults } from './image-streams.js';
import type { StreamServices } from './services.js';
import { STREAMS } from './stream-names.js';
import { lookupPolicy, tagEventCondition, tagReference } from './stream-schema.js';
import { hasEvents, imageStreamTagOf, tagOf } from './stream-tag.js';
import { checkStreamName, checkTagReference, TAG_RULE } from './stream-validation.js';
import { listTags, watchTags, type TagView } from './stream-tags-watch.js';
import { imageColumns } from './tag-columns.js';
import { splitTagName, type NameInStream } from './tag-names.js';
import {
  checkLabelsKept,
  readImage,
  readTag,
  removeTag,
  resourceOf,
  SUCCESS,
  tagName,
  writeSpecTag,
} from './tag-writes.js';

const KIND = { kind: 'ImageStreamTag', plural: 'imagestreamtags' };
const RESOURCE = resourceOf(KIND);

/** The kind ImageStreamTag: a tag that has an image, with it (registry.md 3.6). */
export function imageStreamTagKind(services: StreamServices): ResourceDefinition {
  return defineKind<ImageStreamTag>({
    ...KIND,
    shortNames: ['istag'],
    scope: 'Namespaced',
    schema: s.object('A tag of an image stream with its image.', {
      conditions: s.listOf(tagEventCondition, 'How the tag is.'),
      generation: s.int64('The generation of the stream when the tag got its image.'),
      image: imageField.describe('The image that the tag has now.'),
      lookupPolicy,
      tag: tagReference.describe('What the tag should be.').with({ nullable: true }),
    }).schema,
    columns: imageColumns,
    backend: imageStreamTags(services),
  });
}

const view: TagView<ImageStreamTag> = { shows: hasEvents, make: (stream, tag) => imageStreamTagOf(stream, tag) };

function imageStreamTags(services: StreamServices): VirtualBackend<ImageStreamTag> {
  const { parts } = services;
  return {
    type: 'virtual',
    get: async (name, request) => {
      const { stream, tag } = await readTag(KIND, name, request);
      if (!hasEvents(tag)) throw notFound(RESOURCE, name);
      return imageStreamTagOf(stream, tag, await readImage(tag, request.objects));
    },
    list: (request) => listTags(view, request),
    watch: (resourceVersion, request, progressEvery) => watchTags(view, resourceVersion, request, progressEvery),
    create: async (object, request) => {
      const { name = '' } = object.metadata;
      const at = newTagName(object);
      const wanted = wantedTag(object, at, parts.defaultImportMode());
      refuseInvalid(object, at, wanted);
      return written(at, request, (old) => {
        if (old !== undefined) throw alreadyExists(RESOURCE, name);
        return wanted;
      });
    },
    update: async (object, request) => {
      const { name = '', resourceVersion, uid } = object.metadata;
      const at = tagName(KIND, name);
      const mayCreate = await mayCreateStream(at, services, request);
      return written(at, request, (old, stream) => {
        if (stream === undefined && (resourceVersion || uid)) throw notFound(RESOURCE, name);
        if (uid && uid !== stream?.metadata.uid) throw conflict(RESOURCE, name, 'the UID precondition was not met');
        const current = stream?.metadata.resourceVersion;
        if (resourceVersion && resourceVersion !== current) {
          throw conflict(RESOURCE, name, `another caller has updated the resource version to ${current}`);
        }
        checkLabelsKept(KIND, object.metadata, stream);
        if (old === undefined && !object.tag) {
          const where = `imagestream ${request.namespace}/${at.stream}`;
          throw badRequest(`imagestreamtag ${at.part} is not a spec tag in ${where}, cannot be updated`);
        }
        if (stream === undefined && !mayCreate) throw forbidden(RESOURCE, name, 'the right to create it is needed');
        const changed = { ...object, tag: object.tag ?? old ?? null };
        const wanted = wantedTag(changed, at, parts.defaultImportMode(), old);
        refuseInvalid(changed, at, wanted);
        return wanted;
      });
    },
    delete: async (name, request, preconditions) => {
      await removeTag(KIND, name, request, preconditions);
      return SUCCESS;
    },
  };
}

/** True as well when it is there: asking costs an access review. */
async function mayCreateStream(
  { stream }: NameInStream,
  { parts }: StreamServices,
  { objects, user, namespace }: VirtualRequest,
): Promise<boolean> {
  const known = await objects.shared.get<ImageStream>(STREAMS, namespace, stream);
  return known !== undefined || parts.allows(user, { verb: 'create', resource: KIND.plural, namespace });
}

/** Writes the specification of a tag, and returns the tag as it is then. */
async function written(
  at: NameInStream,
  request: VirtualRequest,
  change: Parameters<typeof writeSpecTag>[2],
): Promise<ImageStreamTag> {
  const stream = await writeSpecTag(at, request, change);
  const tag = tagOf(stream, at.part) ?? { tag: at.part };
  return imageStreamTagOf(stream, tag, await readImage(tag, request.objects));
}

/** Errors: ApiError `BadRequest`. */
function newTagName({ metadata: { name = '' } }: ImageStreamTag): NameInStream {
  const at = splitTagName(name);
  if (at === undefined) throw badRequest(`${JSON.stringify(name)} must be of the form <stream_name>:<tag>`);
  return at;
}

/**
 * The tag as it should stand in the specification. Annotations may be written on the object or on its tag; where both are
 * there, those that differ from what is stored count.
 */
function wantedTag(
  { tag, metadata }: ImageStreamTag,
  { part }: NameInStream,
  importMode: ImportMode,
  old?: TagReference,
): TagReference {
  const stored = old?.annotations ?? {};
  const ofTag = tag?.annotations ?? {};
  const { annotations: ofObject = {} } = metadata;
  const isOfTag = !jsonEqual(ofTag, stored) && (metadata.annotations === undefined || jsonEqual(ofObject, stored));
  const annotations = isOfTag ? ofTag : ofObject;
  const { annotations: _annotations, ...reference } = { ...tag, name: part } as TagReference;
  const wanted = { ...reference, ...(Object.keys(annotations).length > 0 && { annotations }) };
  setTagDefaults(wanted, importMode);
  return wanted;
}

/** Errors: ApiError `Invalid`. */
function refuseInvalid({ metadata, tag }: ImageStreamTag, { stream, part }: NameInStream, wanted: TagReference): void {
  const { name = '', namespace = '', annotations } = metadata;
  const causes: StatusCause[] = checkStreamName(stream, namespace);
  if (!isTag(part)) causes.push(invalidValue('metadata.name', name, `the tag ${TAG_RULE}`));
  if (tag) causes.push(...checkTagReference(wanted, 'tag'));
  const isBoth = tag?.annotations && annotations && Object.keys(tag.annotations).length > 0;
  if (isBoth && metadata.resourceVersion === undefined && !jsonEqual(tag.annotations ?? {}, annotations)) {
    const detail = 'tag annotations must not be provided or must be equal to the object meta annotations';
    causes.push(invalidValue('tag.annotations', '<map>', detail));
  }
  if (causes.length > 0) throw invalid({ group: IMAGE_GROUP, kind: KIND.kind }, name, causes);
}
