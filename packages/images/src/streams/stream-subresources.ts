import { s, type Subresource } from '@longshore/apiserver';
import { notFound, type ImageStream } from '@longshore/kube';
import { isPullSecret } from '../import/pull-credentials.js';
import type { StreamServices } from './services.js';
import { STREAM_RESOURCE, STREAMS } from './stream-names.js';

const blob = s.object('A blob of an image.', {
  mediaType: s.string('Its media type.'),
  size: s.int64('Its size in bytes; null when it is not known.').with({ nullable: true }),
});

const references = s.object('What an image is made of.', {
  config: s.string('The digest of its configuration.'),
  imageMissing: s.boolean('Whether the image is not there any more.'),
  layers: s.strings('The digests of its layers.'),
  manifests: s.strings('The digests of the images of a list.'),
});

/** `imagestreams/layers`: what belongs to a stream; the right to get it is the right to pull (registry.md 3.7). */
export function layers({ index }: StreamServices): Subresource {
  return {
    kind: 'ImageStreamLayers',
    schema: s.object('All blobs of the images of a stream.', {
      blobs: s.mapOf(blob, 'The blobs by their digests.'),
      images: s.mapOf(references, 'The images by their digests.'),
    }).schema,
    get: async (name, { objects, namespace, signal }) => {
      const stream = await objects.shared.get<ImageStream>(STREAMS, namespace, name);
      if (stream === undefined) throw notFound(STREAM_RESOURCE, name);
      return index.layersOf(stream, objects, signal);
    },
  };
}

/**
 * `imagestreams/secrets`: the credentials of a namespace for other registries (registry.md 3.7). They belong to the namespace,
 * so that the stream need not exist yet.
 */
export function secrets({ parts }: StreamServices): Subresource {
  return {
    kind: 'SecretList',
    group: '',
    version: 'v1',
    schema: s.object('Secrets.', { items: s.listOf(s.anyObject(''), 'The secrets.') }).schema,
    get: async (_name, { namespace }) => {
      const { items, resourceVersion } = await parts.cluster.list('secrets', namespace);
      return {
        kind: 'SecretList',
        apiVersion: 'v1',
        metadata: { resourceVersion },
        items: items.filter(isPullSecret),
      };
    },
  };
}
