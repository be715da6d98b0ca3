import type { Blob, ImageSource, ManifestReading, RemoteManifest, Waiting } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { ImageError } from '../extract/image-error.js';
import type { ReadableSource } from '../extract/readable-source.js';
import type { NewImage } from './build-image.js';

/** Where the image is on which one is built. */
export interface BasePlace {
  source: ReadableSource;
  /** What shares one line or disk, such as a registry's host. */
  store: string;
  /** The repository there, from which layers can be mounted, if there is one. */
  repository: string | undefined;
}

/**
 * Images that were made of others, as a source to copy from: what is new comes from here, all else from where the others are.
 */
export class BuiltImage implements ImageSource {
  readonly name: string;
  readonly store: string;
  readonly isLocal = false;
  readonly mountName: string | undefined;
  readonly digest: Digest;
  readonly #manifests: ReadonlyMap<string, RemoteManifest>;

  /**
   * @param image what is to be copied
   * @param base undefined for what is made of nothing
   * @param children of a list: the new images of it
   */
  constructor(
    readonly image: NewImage,
    readonly base: BasePlace | undefined,
    children: readonly NewImage[] = [],
  ) {
    this.name = base?.source.name ?? 'scratch';
    this.store = base?.store ?? '';
    this.mountName = base?.repository;
    this.digest = image.manifest.digest;
    this.#manifests = new Map([image, ...children].map(({ manifest }) => [manifest.digest, manifest]));
  }

  async manifest(reference: string, options: ManifestReading): Promise<RemoteManifest> {
    const own = this.#manifests.get(reference);
    return own ?? this.#source(`an image ${reference}`).manifest(reference, options);
  }

  peek(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async *tags(): AsyncGenerator<string, void, undefined> {}

  async openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    const own = this.image.blobs.get(blob.digest);
    return own?.(start) ?? this.#source(`content ${blob.digest}`).openBlob(blob, start, options);
  }

  checkBlob(): Promise<void> {
    return Promise.resolve();
  }

  #source(what: string): ReadableSource {
    if (this.base !== undefined) return this.base.source;
    throw new ImageError('NOT_FOUND', `${this.name}: nothing was made here with ${what}`);
  }
}
