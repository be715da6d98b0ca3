import { s, type ResourceDefinition } from '@longshore/apiserver';
import {
  badRequest,
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  notFound,
  type Image,
  type ImageStream,
  type ImageStreamImage,
} from '@longshore/kube';
import { imageField } from '../images/image-schema.js';
import { defineKind } from './define-kind.js';
import { STREAMS } from './stream-names.js';
import { embeddedImage } from './stream-tag.js';
import { imageColumns } from './tag-columns.js';
import { splitImageName } from './tag-names.js';
import { resolveImage } from './tag-resolution.js';

const RESOURCE = { group: IMAGE_GROUP, resource: 'imagestreamimages' };

/** The kind ImageStreamImage: an image that a stream has or had, by its digest or the beginning of it (registry.md 3.6). */
export function imageStreamImageKind(): ResourceDefinition {
  return defineKind<ImageStreamImage>({
    kind: 'ImageStreamImage',
    plural: 'imagestreamimages',
    shortNames: ['isimage'],
    scope: 'Namespaced',
    schema: s.object('An image of an image stream.', { image: imageField }).schema,
    columns: imageColumns,
    backend: {
      type: 'virtual',
      get: async (name, { objects, namespace }) => {
        const at = splitImageName(name);
        if (at === undefined) throw badRequest('ImageStreamImages must be retrieved with <name>@<id>');
        const stream = await objects.shared.get<ImageStream>(STREAMS, namespace, at.stream);
        if (stream === undefined) throw notFound(RESOURCE, name);
        const event = resolveImage(stream, at.part);
        const image = await objects.get<Image>(`images.${IMAGE_GROUP}`, '', event.image);
        if (image === undefined) throw notFound(RESOURCE, name);
        return imageStreamImageOf(stream, image, event.dockerImageReference);
      },
    },
  });
}

function imageStreamImageOf({ metadata }: ImageStream, image: Image, reference: string): ImageStreamImage {
  const { name, namespace, annotations } = metadata;
  const { creationTimestamp } = image.metadata;
  return {
    kind: 'ImageStreamImage',
    apiVersion: IMAGE_API_VERSION,
    metadata: {
      name: `${name}@${image.metadata.name}`,
      ...(namespace !== undefined && { namespace }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(annotations !== undefined && { annotations }),
    },
    image: embeddedImage(image, reference),
  };
}
