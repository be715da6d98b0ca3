import type { ObjectAccess } from '@longshore/apiserver';
import { IMAGE_API_VERSION } from '@longshore/kube';
import type { Image, ImageBlobReferences, ImageLayerData, ImageStream, ImageStreamLayers } from '@longshore/kube';
import { LRUCache } from 'lru-cache';
import { IMAGES } from '../images/image-kind.js';
import { blobsOf, imageLayers, referencesOf, type Blob, type ImageLayers } from './image-layers.js';

/**
 * Digests that are held at most: of layers, configurations and children, some 220 bytes each, so about 65 MB. This is some
 * 20,000 images; of more, those that nobody has asked for lately are read again.
 */
const MAX_DIGESTS = 300_000;
/** Images that are read at a time. */
const BATCH = 64;

/** How the index reads images. */
export type ImageReader = Pick<ObjectAccess, 'get'>;

/** An image of a stream: of its history, or a child of a list; without layers when there is no such object. */
export interface StreamImage {
  digest: string;
  layers?: ImageLayers;
}

/**
 * What images are made of, and so which blobs belong to a stream (registry.md 3.7).
 *
 * OpenShift keeps an index of all images, which it fills by a watch: memory grows with the cluster, and as the index lags
 * behind, an answer waits up to 250 ms for an image that was just written. We keep what is asked for and read the rest from
 * the store, so 1,000,000 images cost nothing until they are pulled. An image is written before the stream that names it, and
 * the stream is read before its images, so what is missing here is missing: there is nothing to wait for.
 *
 * What an image is made of never changes, so entries do not age. That an image was deleted by another replica is not heard
 * of; until the stream forgets the image too, its blobs are still the stream's.
 */
export class LayersIndex {
  readonly #known = new LRUCache<string, ImageLayers>({
    maxSize: MAX_DIGESTS,
    sizeCalculation: ({ layers, manifests }) => 2 + layers.length + manifests.length,
  });

  /** Hears of images that are stored, changed or deleted: the observer of {@link imageKinds}. */
  readonly note = (image: Image | undefined, old: Image | undefined): void => {
    const name = (image ?? old)?.metadata.name;
    if (name === undefined) return;
    if (image === undefined) this.#known.delete(name);
    else this.#known.set(name, imageLayers(image));
  };

  /** What an image is made of; undefined when there is no such image. */
  async read(digest: string, objects: ImageReader): Promise<ImageLayers | undefined> {
    const known = this.#known.get(digest);
    if (known !== undefined || digest === '') return known;
    const image = await objects.get<Image>(IMAGES, '', digest);
    if (image === undefined) return undefined;
    const layers = imageLayers(image);
    this.#known.set(digest, layers);
    return layers;
  }

  /** These images and all below them, each once: those of a level first, then their children. */
  async *closure(digests: Iterable<string>, objects: ImageReader, signal?: AbortSignal): AsyncGenerator<StreamImage> {
    const seen = new Set(digests);
    const waiting = [...seen];
    while (waiting.length > 0) {
      signal?.throwIfAborted();
      const read = async (digest: string) => ({ digest, layers: await this.read(digest, objects) });
      for (const image of await Promise.all(waiting.splice(0, BATCH).map(read))) {
        for (const { digest } of image.layers?.manifests ?? []) {
          if (!seen.has(digest)) waiting.push(digest);
          seen.add(digest);
        }
        yield image;
      }
    }
  }

  /** All blobs of a stream, as its subresource `layers` tells them. */
  async layersOf(stream: ImageStream, objects: ImageReader, signal?: AbortSignal): Promise<ImageStreamLayers> {
    const blobs = new Map<string, ImageLayerData>();
    const images = new Map<string, ImageBlobReferences>();
    const add = ({ digest, size, mediaType }: Blob) => blobs.set(digest, { size, mediaType });
    for await (const { digest, layers } of this.closure(historyOf(stream), objects, signal)) {
      images.set(digest, layers === undefined ? { imageMissing: true } : referencesOf(layers));
      if (layers === undefined) continue;
      blobsOf(layers).forEach(add);
      // A list knows the sizes of its children, which they do not know themselves.
      layers.manifests.forEach(add);
      if (!blobs.has(digest)) add({ digest, size: null, mediaType: layers.mediaType });
    }
    return {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageStreamLayers',
      metadata: stream.metadata,
      blobs: Object.fromEntries(blobs),
      images: Object.fromEntries(images),
    };
  }

  /**
   * Whether a digest belongs to a stream: as an image of its history, a child of one, a layer or a configuration. The newest
   * images are looked at first, and no further than needed.
   */
  async holds(stream: ImageStream, digest: string, objects: ImageReader, signal?: AbortSignal): Promise<boolean> {
    const history = historyOf(stream);
    if (history.has(digest)) return true;
    for await (const { layers } of this.closure(history, objects, signal)) {
      if (layers === undefined) continue;
      if (layers.config?.digest === digest) return true;
      if (layers.layers.some((layer) => layer.digest === digest)) return true;
      if (layers.manifests.some((child) => child.digest === digest)) return true;
    }
    return false;
  }
}

/** The images that a stream has or had: those of all tags now, then those before them. */
export function historyOf({ status }: ImageStream): Set<string> {
  const histories = (status?.tags ?? []).map(({ items }) => items ?? []);
  const longest = histories.reduce((length, items) => Math.max(length, items.length), 0);
  const digests = new Set<string>();
  for (let age = 0; age < longest; age++) {
    for (const items of histories) {
      const image = items[age]?.image;
      if (image) digests.add(image);
    }
  }
  return digests;
}
