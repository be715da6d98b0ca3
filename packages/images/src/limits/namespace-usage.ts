import type { ObjectAccess } from '@longshore/apiserver';
import { IMAGE_GROUP, type ImageStream } from '@longshore/kube';
import { blobsOf, type ImageLayers } from '../layers/image-layers.js';
import { historyOf, type LayersIndex } from '../layers/layers-index.js';

/** How streams and images are read. */
export type ImageObjects = Pick<ObjectAccess, 'get' | 'list'>;

/** The blobs of images with their sizes, each once. */
export class BlobSet {
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(image: ImageLayers): void {
    for (const { digest, size } of blobsOf(image)) {
      if (this.#sizes.has(digest)) continue;
      this.#sizes.set(digest, size ?? 0);
      this.#bytes += size ?? 0;
    }
  }
}

/** All streams of a namespace. */
export async function streamsOf(namespace: string, objects: ImageObjects): Promise<ImageStream[]> {
  return (await objects.list<ImageStream>(`imagestreams.${IMAGE_GROUP}`, namespace)).items;
}

/** The blobs of all images that these streams have or had, and of their children. */
export async function blobsOfStreams(
  streams: readonly ImageStream[],
  index: LayersIndex,
  objects: ImageObjects,
  signal?: AbortSignal,
): Promise<BlobSet> {
  const history = new Set<string>();
  for (const stream of streams) for (const image of historyOf(stream)) history.add(image);
  const blobs = new BlobSet();
  for await (const { layers } of index.closure(history, objects, signal)) {
    if (layers !== undefined) blobs.add(layers);
  }
  return blobs;
}
