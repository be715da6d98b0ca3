import { invalidValue, requiredValue, s, type ResourceDefinition, type VirtualBackend } from '@longshore/apiserver';
import {
  alreadyExists,
  conflict,
  IMAGE_GROUP,
  invalid,
  notFound,
  type ImageTag,
  type ImportMode,
  type StatusCause,
  type TagReference,
} from '@longshore/kube';
import { isTag } from '@longshore/oci';
import { imageField } from '../images/image-schema.js';
import { defineKind } from './define-kind.js';
import { setTagDefaults } from './image-streams.js';
import type { StreamServices } from './services.js';
import { tagEventList, tagReference } from './stream-schema.js';
import { imageTagOf, tagOf } from './stream-tag.js';
import { listTags, watchTags, type TagView } from './stream-tags-watch.js';
import { checkStreamName, checkTagReference, TAG_RULE } from './stream-validation.js';
import { imageTagColumns } from './tag-columns.js';
import type { NameInStream } from './tag-names.js';
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

const KIND = { kind: 'ImageTag', plural: 'imagetags' };
const RESOURCE = resourceOf(KIND);

/** The kind ImageTag: a tag of the specification, of the status, or of both (registry.md 3.6). */
export function imageTagKind(services: StreamServices): ResourceDefinition {
  return defineKind<ImageTag>({
    ...KIND,
    shortNames: ['itag'],
    scope: 'Namespaced',
    schema: s.object('A tag of an image stream: what it should be, is and was.', {
      image: imageField.describe('The image that the tag has now.').with({ nullable: true }),
      spec: tagReference.describe('What the tag should be.').with({ nullable: true }),
      status: tagEventList.describe('What the tag is and was.').with({ nullable: true }),
    }).schema,
    columns: imageTagColumns,
    backend: imageTags(services),
  });
}

const view: TagView<ImageTag> = { shows: () => true, make: (stream, tag) => imageTagOf(stream, tag) };

function imageTags({ parts }: StreamServices): VirtualBackend<ImageTag> {
  return {
    type: 'virtual',
    get: async (name, request) => {
      const { stream, tag } = await readTag(KIND, name, request);
      return imageTagOf(stream, tag, await readImage(tag, request.objects));
    },
    list: (request) => listTags(view, request),
    watch: (resourceVersion, request, progressEvery) => watchTags(view, resourceVersion, request, progressEvery),
    create: async (object, request) => {
      const { name = '' } = object.metadata;
      const at = tagName(KIND, name);
      const wanted = wantedTag(object, at, parts.defaultImportMode());
      if (wanted === undefined) throw refused(name, [requiredValue('spec', 'is needed to create a tag')]);
      const stream = await writeSpecTag(at, request, (old, stream) => {
        const hasStatus = stream?.status.tags?.some(({ tag }) => tag === at.part) ?? false;
        if (old !== undefined || hasStatus) throw alreadyExists(RESOURCE, name);
        return wanted;
      });
      return imageTagOf(stream, tagOf(stream, at.part) ?? { tag: at.part });
    },
    update: async (object, request) => {
      const { name = '', resourceVersion, uid } = object.metadata;
      const at = tagName(KIND, name);
      const wanted = wantedTag(object, at, parts.defaultImportMode());
      const stream = await writeSpecTag(at, request, (_old, stream) => {
        if (stream === undefined || tagOf(stream, at.part) === undefined) throw notFound(RESOURCE, name);
        const current = stream.metadata;
        if (uid && uid !== current.uid) throw conflict(RESOURCE, name, 'the UID precondition was not met');
        if (resourceVersion && resourceVersion !== current.resourceVersion) {
          const why = `another caller has updated the resource version to ${current.resourceVersion}`;
          throw conflict(RESOURCE, name, why);
        }
        checkLabelsKept(KIND, object.metadata, stream);
        return wanted;
      });
      const tag = tagOf(stream, at.part) ?? { tag: at.part };
      return imageTagOf(stream, tag, await readImage(tag, request.objects));
    },
    delete: async (name, request, preconditions) => {
      await removeTag(KIND, name, request, preconditions);
      return SUCCESS;
    },
  };
}

/** The tag as it should stand in the specification; undefined when it should not stand there. Errors: ApiError `Invalid`. */
function wantedTag(
  { metadata, spec }: ImageTag,
  { stream, part }: NameInStream,
  importMode: ImportMode,
): TagReference | undefined {
  const { name = '', namespace = '' } = metadata;
  const causes = checkStreamName(stream, namespace);
  if (!isTag(part)) causes.push(invalidValue('metadata.name', name, `the tag ${TAG_RULE}`));
  const wanted = spec ? { ...spec } : undefined;
  if (wanted !== undefined) {
    setTagDefaults(wanted, importMode);
    if (wanted.name !== part)
      causes.push(invalidValue('spec.name', wanted.name, `must be the tag, ${JSON.stringify(part)}`));
    causes.push(...checkTagReference(wanted, 'spec'));
  }
  if (causes.length > 0) throw refused(name, causes);
  return wanted;
}

function refused(name: string, causes: StatusCause[]) {
  return invalid({ group: IMAGE_GROUP, kind: KIND.kind }, name, causes);
}
