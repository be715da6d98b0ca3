import type { ImageStream, ImageStreamImport, ImageStreamTag } from '@longshore/kube';

const images = (resource: string) => ({ group: 'image.openshift.io', version: 'v1', resource });

export const IMAGE_STREAMS = images('imagestreams');
export const IMAGE_STREAM_TAGS = images('imagestreamtags');
export const IMAGE_STREAM_IMAGES = images('imagestreamimages');
export const IMAGE_STREAM_IMPORTS = images('imagestreamimports');

const API_VERSION = 'image.openshift.io/v1';

/** A stream and a tag of it as people write them: `app:v1`, `shop/app:v1`. */
export interface StreamTagName {
  namespace: string;
  stream: string;
  tag: string;
}

const TAG = /^\w[\w.-]{0,127}$/;
const STREAM = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Reads `[namespace/]stream[:tag]`; undefined when it is none. Without a tag: `latest`. */
export function parseStreamTag(text: string, namespace: string): StreamTagName | undefined {
  const [, given, stream = '', tag = 'latest'] = /^(?:([^/:@]+)\/)?([^/:@]+)(?::([^/:@]+))?$/.exec(text) ?? [];
  if (!STREAM.test(stream) || stream.length > 255 || !TAG.test(tag)) return undefined;
  return { namespace: given ?? namespace, stream, tag };
}

export function newStreamTag({ namespace, stream, tag }: StreamTagName, from: ImageStreamTag['tag']): ImageStreamTag {
  return {
    apiVersion: API_VERSION,
    kind: 'ImageStreamTag',
    metadata: { name: `${stream}:${tag}`, namespace },
    tag: from,
    // The server fills these.
    generation: 0,
    lookupPolicy: { local: false },
    image: { apiVersion: API_VERSION, kind: 'Image', metadata: {} },
  };
}

export function newStream(namespace: string, name: string): ImageStream {
  return {
    apiVersion: API_VERSION,
    kind: 'ImageStream',
    metadata: { name, namespace },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: '' },
  };
}

export function newImport(stream: ImageStream, spec: ImageStreamImport['spec']): ImageStreamImport {
  const { name, namespace, resourceVersion, uid } = stream.metadata;
  const metadata = {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(uid !== undefined && { uid }),
  };
  return { apiVersion: API_VERSION, kind: 'ImageStreamImport', metadata, spec };
}
