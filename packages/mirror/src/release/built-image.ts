import type { Blob, ImageSource, RemoteManifest, Waiting } from '@longshore/distribution';
import { digestOf, MediaType, type Descriptor, type Digest } from '@longshore/oci';
import { ImageError } from '../extract/image-error.js';
import type { Image } from '../extract/read-image.js';
import { objectOf } from './json-object.js';

/** What is laid over an image. */
export interface NewLayer {
  /** Packed with gzip. */
  bytes: Buffer;
  /** Digest of what is packed. */
  diffId: string;
  comment: string;
}

/**
 * An image that is made of another one and a layer more, as a source to copy from: what is new comes from memory, all else from where
 * the other image is.
 */
export class BuiltImage implements ImageSource {
  readonly name: string;
  readonly store: string;
  readonly isLocal = false;
  readonly mountName: string | undefined;
  readonly digest: Digest;
  readonly #base: Image;
  readonly #manifest: RemoteManifest;
  readonly #blobs: ReadonlyMap<Digest, Buffer>;

  /**
   * @param change what becomes of the configuration
   * @param place where the base is, so that its layers can be mounted from there
   */
  constructor(
    base: Image,
    layer: NewLayer,
    {
      created,
      change,
      place,
    }: { created: string; change: (config: object) => object; place: { store: string; repository: string } },
  ) {
    this.#base = base;
    this.name = base.source.name;
    this.store = place.store;
    this.mountName = place.repository;
    const isDocker = base.manifest.schema === 'docker';
    const layerBlob = describe(layer.bytes, isDocker ? MediaType.dockerLayerGzip : MediaType.ociLayerGzip);
    const config = Buffer.from(JSON.stringify(change(withLayer(base.config, layer, created))));
    const configBlob = describe(config, isDocker ? MediaType.dockerConfig : MediaType.ociConfig);
    const { mediaType } = base.manifest;
    const layers = [...base.manifest.layers, layerBlob];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: configBlob, layers }));
    this.digest = digestOf(bytes);
    this.#manifest = { bytes, mediaType, digest: this.digest };
    this.#blobs = new Map([
      [layerBlob.digest, layer.bytes],
      [configBlob.digest, config],
    ]);
  }

  manifest(reference: string): Promise<RemoteManifest> {
    if (reference === this.digest) return Promise.resolve(this.#manifest);
    return Promise.reject(new ImageError('NOT_FOUND', `${this.name}: has no image ${reference} that was made here`));
  }

  peek(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async *tags(): AsyncGenerator<string, void, undefined> {}

  async openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    const own = this.#blobs.get(blob.digest);
    return own === undefined ? this.#base.source.openBlob(blob, start, options) : once(own.subarray(start));
  }

  checkBlob(): Promise<void> {
    return Promise.resolve();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

function describe(bytes: Buffer, mediaType: string): Descriptor {
  return { mediaType, size: bytes.byteLength, digest: digestOf(bytes) };
}

/** The configuration of the base with one layer more. */
function withLayer(
  base: Record<string, unknown>,
  { diffId, comment }: NewLayer,
  created: string,
): Record<string, unknown> {
  const rootfs = objectOf(base['rootfs']);
  const [diffIds, history] = [rootfs['diff_ids'], base['history']];
  return {
    ...base,
    created,
    rootfs: { type: 'layers', diff_ids: [...(Array.isArray(diffIds) ? (diffIds as unknown[]) : []), diffId] },
    history: [...(Array.isArray(history) ? (history as unknown[]) : []), { created, comment }],
  };
}
