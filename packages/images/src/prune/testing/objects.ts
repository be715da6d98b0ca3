import { createHash } from 'node:crypto';
import { IMAGE_ANNOTATIONS, type Image, type ImageStream, type KubeObject } from '@longshore/kube';
import type { Digest } from '@longshore/oci';

export const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;
export const HOST = 'image-registry.openshift-image-registry.svc:5000';

/** A digest that is always the same for the same name. */
export function digestNamed(name: string): Digest {
  return `sha256:${createHash('sha256').update(name).digest('hex')}` as Digest;
}

/** `minutes` before {@link NOW}, as API objects have it. */
export const ago = (minutes: number): string => new Date(NOW - minutes * MINUTE).toISOString().replace('.000Z', 'Z');

export interface ImageParts {
  /** Names of layers; the configuration is `<name>-config`. */
  layers?: string[];
  children?: string[];
  subject?: string;
  minutes?: number;
  repository?: string;
  managed?: boolean;
  size?: number;
  version?: string;
}

const DAY = 24 * 60;

/** An image; a list when it has children. A day old, and pushed to `ns/app`. */
export function image(name: string, parts: ImageParts = {}): Image {
  const { layers = [], children, subject, minutes = DAY, repository = 'ns/app', managed = true, size, version } = parts;
  const annotations = {
    ...(managed && { [IMAGE_ANNOTATIONS.managed]: 'true' }),
    ...(subject !== undefined && { [IMAGE_ANNOTATIONS.subject]: digestNamed(subject) }),
  };
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: {
      name: digestNamed(name),
      creationTimestamp: ago(minutes),
      annotations,
      ...(version !== undefined && { resourceVersion: version }),
    },
    dockerImageReference: `${managed ? HOST : 'quay.io'}/${repository}@${digestNamed(name)}`,
    dockerImageMetadata: {
      kind: 'DockerImage',
      apiVersion: 'image.openshift.io/1.0',
      ...(children === undefined && { Id: digestNamed(`${name}-config`) }),
      ...(size !== undefined && { Size: size }),
    },
    ...(children === undefined
      ? { dockerImageLayers: layers.map((layer) => ({ name: digestNamed(layer), size: 1, mediaType: 'layer' })) }
      : {
          dockerImageManifests: children.map((child) => ({
            digest: digestNamed(child),
            mediaType: 'manifest',
            manifestSize: 1,
            architecture: 'amd64',
            os: 'linux',
          })),
        }),
  };
}

export interface ItemParts {
  /** Empty when only a pull spec was noted. */
  image: string;
  minutes?: number;
  repository?: string;
}

/** A stream `ns/name`, with the histories of its tags, newest first. */
export function stream(
  path: string,
  tags: Record<string, (string | ItemParts)[]>,
  { minutes = DAY, version = '1' }: { minutes?: number; version?: string } = {},
): ImageStream {
  const [namespace = '', name = ''] = path.split('/');
  const itemOf = (item: string | ItemParts) => {
    const { image: named, minutes: age = DAY, repository = path } = typeof item === 'string' ? { image: item } : item;
    if (named === '') return { image: '', created: ago(age), dockerImageReference: 'quay.io/org/app:1', generation: 1 };
    const image = digestNamed(named);
    return { image, created: ago(age), dockerImageReference: `${HOST}/${repository}@${image}`, generation: 1 };
  };
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace, name, creationTimestamp: ago(minutes), resourceVersion: version },
    spec: { lookupPolicy: { local: false } },
    status: {
      dockerImageRepository: `${HOST}/${path}`,
      tags: Object.entries(tags).map(([tag, items]) => ({ tag, items: items.map(itemOf) })),
    },
  };
}

/** A pod in `ns` with one container for each image. */
export function pod(images: string[], more: { spec?: object; status?: object; minutes?: number } = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'ns', name: 'web', creationTimestamp: ago(more.minutes ?? DAY) },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })), ...more.spec },
    status: { phase: 'Running', ...more.status },
  };
}
