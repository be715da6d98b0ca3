import type { ObjectAccess } from '@longshore/apiserver';
import type { Image, ImageStream } from '@longshore/kube';
import { blobsOf, distinctBytes, imageLayers, type ImageLayers } from '../layers/image-layers.js';
import { historyOf, type LayersIndex } from '../layers/layers-index.js';
import { refuseExcess, type Excess } from './excess.js';
import { imageExcess, streamExcess, type LimitRange } from './limit-ranges.js';
import { blobsOfStreams, streamsOf, type ImageObjects } from './namespace-usage.js';
import { limitsStorage, quotaExcess, type ResourceQuota } from './quota.js';
import { Reservations } from './reservations.js';
import { streamUsage } from './stream-usage.js';
import { Turns } from './turns.js';

export interface ImageLimitsOptions {
  /** Where limit ranges and quotas are. */
  cluster: Pick<ObjectAccess, 'list'>;
  index: LayersIndex;
  /** Milliseconds; default: the clock. */
  now?: () => number;
}

/** Streams and images on their way into a namespace. */
export interface Admitted {
  objects: ImageObjects;
  /** Only asks: nothing will be stored. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/**
 * The limits of registry.md 5: LimitRanges for images and streams, ResourceQuotas for the number of streams and for the bytes
 * of all images of a namespace.
 *
 * A quota must hold against a burst: those of one namespace that a quota counts are admitted one after the other, and what
 * was admitted counts until it is stored ({@link streamWritten}) or its write has failed. This holds within one process.
 * Each of several replicas may let in as much as there is room while the others are writing: a namespace goes over a quota by
 * at most that room for each further replica.
 */
export class ImageLimits {
  readonly #cluster: ImageLimitsOptions['cluster'];
  readonly #index: LayersIndex;
  readonly #turns = new Turns();
  readonly #streams: Reservations<true>;
  readonly #images: Reservations<ImageLayers>;

  constructor({ cluster, index, now = Date.now }: ImageLimitsOptions) {
    this.#cluster = cluster;
    this.#index = index;
    this.#streams = new Reservations(now);
    this.#images = new Reservations(now);
  }

  /**
   * Before a stream is stored: new, or changed in its specification or its status. Errors: ApiError `Forbidden` when it would
   * use more than it may, and more than before.
   */
  async admitStream(stream: ImageStream, old: ImageStream | undefined, how: Admitted): Promise<void> {
    const { name = '', namespace = '' } = stream.metadata;
    const ranges = await this.#limitRanges(namespace);
    if (ranges.length > 0) refuse(name, streamExcess(streamUsage(stream), streamUsage(old), ranges));
    if (old !== undefined) return;
    const quotas = await this.#quotas(namespace);
    if (quotas.length === 0) return;
    await this.#turns.run(namespace, async () => {
      // First what is reserved: a stream that is stored meanwhile is then counted by the list.
      const names = new Set(this.#streams.of(namespace).keys());
      for (const { metadata } of await streamsOf(namespace, how.objects)) names.add(metadata.name ?? '');
      // A name that is taken will be refused by the store.
      if (names.has(name)) return;
      const used = { streams: names.size, bytes: 0 };
      refuse(name, quotaExcess({ ...used, streams: names.size + 1 }, used, quotas));
      if (!how.dryRun) this.#streams.add(namespace, name, true);
    });
  }

  /**
   * Before images enter a stream by a push or an import, together: a list with its children where they are not stored yet.
   * Errors: ApiError `Forbidden` when an image is too great, or the namespace would have too many bytes, and more than before.
   */
  async admitImages(
    { namespace = '', name = '' }: ImageStream['metadata'],
    images: readonly Image[],
    how: Admitted,
  ): Promise<void> {
    const [ranges, quotas] = await Promise.all([this.#limitRanges(namespace), this.#quotas(namespace)]);
    const counting = quotas.filter(limitsStorage);
    if (ranges.length === 0 && counting.length === 0) return;
    const entering = await this.#entering(images, how);
    refuse(
      name,
      [...entering.values()].flatMap((layers) => imageExcess(distinctBytes(blobsOf(layers)), ranges)),
    );
    if (counting.length === 0) return;
    await this.#turns.run(namespace, async () => {
      const reserved = this.#images.of(namespace);
      const streams = await streamsOf(namespace, how.objects);
      const blobs = await blobsOfStreams(streams, this.#index, how.objects, how.signal);
      for (const layers of reserved.values()) blobs.add(layers);
      const before = { streams: 0, bytes: blobs.bytes };
      for (const layers of entering.values()) blobs.add(layers);
      refuse(name, quotaExcess({ ...before, bytes: blobs.bytes }, before, counting));
      if (how.dryRun) return;
      for (const [digest, layers] of entering) this.#images.add(namespace, digest, layers);
    });
  }

  /** Hears of streams that were stored, changed or deleted: what was reserved for them is now counted by what they hold. */
  readonly streamWritten = (stream: ImageStream | undefined): void => {
    if (stream === undefined) return;
    const { name = '', namespace = '' } = stream.metadata;
    this.#streams.remove(namespace, name);
    const reserved = this.#images.of(namespace);
    if (reserved.size === 0) return;
    for (const digest of historyOf(stream)) this.#images.remove(namespace, digest);
  };

  /** The images and all below them. */
  async #entering(images: readonly Image[], { objects, signal }: Admitted): Promise<Map<string, ImageLayers>> {
    const entering = new Map(images.map((image) => [image.metadata.name ?? '', imageLayers(image)]));
    const children = [...entering.values()].flatMap(({ manifests }) => manifests.map(({ digest }) => digest));
    const unknown = children.filter((digest) => !entering.has(digest));
    for await (const { digest, layers } of this.#index.closure(unknown, objects, signal)) {
      if (layers !== undefined) entering.set(digest, layers);
    }
    return entering;
  }

  async #limitRanges(namespace: string): Promise<LimitRange[]> {
    return (await this.#cluster.list<LimitRange>('limitranges', namespace)).items;
  }

  async #quotas(namespace: string): Promise<ResourceQuota[]> {
    return (await this.#cluster.list<ResourceQuota>('resourcequotas', namespace)).items;
  }
}

/** Images of the same size break a limit in the same words, which are said once. */
function refuse(stream: string, excesses: readonly Excess[]): void {
  if (excesses.length === 0) return;
  throw refuseExcess(stream, [...new Map(excesses.map((excess) => [excess.message, excess])).values()]);
}
