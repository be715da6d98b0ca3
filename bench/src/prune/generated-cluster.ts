import type { Image, ImageStream, KubeObject } from '@longshore/kube';

export const NOW = Date.parse('2026-11-26T12:00:00Z');
const HOST = 'image-registry.openshift-image-registry.svc:5000';
const DAY_MS = 24 * 60 * 60_000;
/** Base images, whose five layers others share. */
const BASES = 2_000;
const BASE_LAYERS = 5;
const OWN_LAYERS = 3;
const STREAMS_PER_NAMESPACE = 20;

/** What a number stands for, so that digests of different things differ. */
const KIND = { image: 1, config: 2, base: 3, layer: 4 };

/**
 * A cluster that is made while it is read, always the same: in each stream one list with two children, two signatures, and
 * images with eight layers of which five are shared; two tags with long histories; every tenth stream is used by a pod.
 */
export class GeneratedCluster {
  readonly perStream: number;

  constructor(
    readonly images: number,
    readonly streams: number,
  ) {
    this.perStream = Math.floor(images / streams);
  }

  *allImages(): Generator<Image> {
    for (let number = 0; number < this.images; number++) yield this.image(number);
  }

  *allStreams(): Generator<ImageStream> {
    for (let number = 0; number < this.streams; number++) yield this.stream(number);
  }

  *pods(): Generator<KubeObject> {
    for (let number = 0; number < this.streams; number += 10) yield this.pod(number);
  }

  private image(number: number): Image {
    const stream = Math.floor(number / this.perStream) % this.streams;
    const place = number % this.perStream;
    const first = number - place;
    const digest = digestOf(KIND.image, number);
    const isList = place === 0 && this.perStream > 4;
    const subject = place === 3 || place === 4 ? digestOf(KIND.image, first + (place === 3 ? 0 : 5)) : undefined;
    return {
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      metadata: {
        name: digest,
        resourceVersion: String(number + 1),
        creationTimestamp: timeOf(number % 400),
        annotations: {
          'openshift.io/image.managed': 'true',
          ...(subject !== undefined && { 'image.longshore.dev/subject': subject }),
        },
      },
      dockerImageReference: `${HOST}/${pathOf(stream)}@${digest}`,
      dockerImageMetadata: {
        kind: 'DockerImage',
        apiVersion: 'image.openshift.io/1.0',
        ...(!isList && { Id: digestOf(KIND.config, number) }),
        Size: 100_000_000,
      },
      ...(isList
        ? { dockerImageManifests: [first + 1, first + 2].map((child) => childOf(digestOf(KIND.image, child))) }
        : { dockerImageLayers: layersOf(number) }),
    };
  }

  private stream(number: number): ImageStream {
    const path = pathOf(number);
    const [namespace = '', name = ''] = path.split('/');
    const first = number * this.perStream;
    // Children and signatures are in no history.
    const listed = [0, ...Array.from({ length: Math.max(this.perStream - 5, 0) }, (_, index) => index + 5)];
    const items = listed.map((place, index) => {
      const image = digestOf(KIND.image, first + place);
      return { created: timeOf(index * 20), dockerImageReference: `${HOST}/${path}@${image}`, image, generation: 1 };
    });
    return {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace, name, resourceVersion: '1', creationTimestamp: timeOf(500) },
      spec: { lookupPolicy: { local: false } },
      status: {
        dockerImageRepository: `${HOST}/${path}`,
        tags: [
          { tag: 'latest', items },
          { tag: 'stable', items: items.slice(-2) },
        ],
      },
    };
  }

  /** Runs an image of some stream by digest: a child of its list, or its oldest one. */
  private pod(stream: number): KubeObject {
    const place = stream % 20 === 0 ? 1 : this.perStream - 1;
    const image = `${HOST}/${pathOf(stream)}@${digestOf(KIND.image, stream * this.perStream + place)}`;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'run', name: `pod-${stream}`, creationTimestamp: timeOf(1) },
      spec: { containers: [{ name: 'main', image }] },
      status: { phase: 'Running' },
    };
  }
}

function layersOf(image: number) {
  const layer = (name: string) => ({
    name,
    size: 10_000_000,
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  });
  const base = Array.from({ length: BASE_LAYERS }, (_, index) =>
    digestOf(KIND.base, (image % BASES) * BASE_LAYERS + index),
  );
  const own = Array.from({ length: OWN_LAYERS }, (_, index) => digestOf(KIND.layer, image * OWN_LAYERS + index));
  return [...base, ...own].map(layer);
}

function childOf(digest: string) {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return { digest, mediaType, manifestSize: 1000, architecture: 'amd64', os: 'linux' };
}

const pathOf = (stream: number) => `team-${Math.floor(stream / STREAMS_PER_NAMESPACE)}/app-${stream}`;
const timeOf = (daysAgo: number) => new Date(NOW - (daysAgo + 1) * DAY_MS).toISOString();

const hash = Buffer.alloc(32);
const words = new Int32Array(hash.buffer, hash.byteOffset, 8);

/** Eight words of 32 bits that look like those of a hash. */
function digestOf(kind: number, number: number): string {
  let state = Math.imul(number, 0x9e3779b1) ^ Math.imul(kind, 0x85ebca6b);
  for (let word = 0; word < 8; word++) {
    state = Math.imul(state ^ (state >>> 16), 0x21f0aaad) + number + word;
    state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
    words[word] = state ^ (state >>> 15);
  }
  return `sha256:${hash.toString('hex')}`;
}
