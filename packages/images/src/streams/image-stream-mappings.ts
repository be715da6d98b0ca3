import {
  invalidValue,
  requiredValue,
  s,
  valueNotFound,
  type ResourceDefinition,
  type VirtualRequest,
} from '@longshore/apiserver';
import {
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  invalid,
  notFound,
  type Image,
  type ImageStream,
  type ImageStreamMapping,
  type StatusCause,
} from '@longshore/kube';
import { isDigest, isTag } from '@longshore/oci';
import { completeImage } from '../images/image-kind.js';
import { imageField } from '../images/image-schema.js';
import { Turns } from '../limits/turns.js';
import { mayImportFromAll } from './allowed-registries.js';
import { defineKind } from './define-kind.js';
import { checkForeignImage } from './foreign-image.js';
import { storePush } from './push-commit.js';
import type { StreamServices } from './services.js';
import { MAPPING_RESOURCE, STREAMS } from './stream-names.js';
import { readPullSpec, TAG_RULE } from './stream-validation.js';
import { SUCCESS } from './tag-writes.js';

const KIND = { group: IMAGE_GROUP, kind: 'ImageStreamMapping' };

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
