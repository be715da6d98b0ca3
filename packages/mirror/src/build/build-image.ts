import type { RemoteManifest } from '@longshore/distribution';
import { digestOf, MediaType, type Descriptor, type Digest } from '@longshore/oci';
import type { Image } from '../extract/read-image.js';
import { objectOf } from '../release/json-object.js';
import { once, type NewLayer } from './new-layer.js';

/** The image that layers are laid over: what stands in its manifest and its configuration. */
export type BaseImage = Pick<Image, 'config'> & {
  manifest: Pick<Image['manifest'], 'mediaType' | 'schema' | 'layers' | 'annotations'>;
};

export interface BuildOptions {
  /** RFC 3339. */
  created: string;
  /** What becomes of the configuration, after the layers have been added to it. */
  change: (config: Record<string, unknown>) => object;
}

/** Bytes of a blob from an offset on. */
export type OpenBlob = (start: number) => AsyncIterable<Uint8Array>;

/** What is new in an image: its manifest, and blobs that are nowhere yet. */
export interface NewImage {
  manifest: RemoteManifest;
  blobs: ReadonlyMap<Digest, OpenBlob>;
}

/** An image without layers, to begin with. */
export function scratchImage(architecture: string): BaseImage {
  const rootfs = { type: 'layers', diff_ids: [] };
  return {
    config: { architecture, os: 'linux', config: {}, rootfs, history: [] },
    manifest: { mediaType: MediaType.dockerManifest, schema: 'docker', layers: [] },
  };
}

/** Lays layers over an image. */
export function buildImage(base: BaseImage, layers: readonly NewLayer[], { created, change }: BuildOptions): NewImage {
  const isDocker = base.manifest.schema === 'docker';
  const layerType = isDocker ? MediaType.dockerLayerGzip : MediaType.ociLayerGzip;
  const config = Buffer.from(JSON.stringify(change(withLayers(base.config, layers, created))));
  const configBlob = describe(config, isDocker ? MediaType.dockerConfig : MediaType.ociConfig);
  const added = layers.map(({ blob }) => ({ mediaType: layerType, size: blob.size, digest: blob.digest }));
  const { mediaType, annotations } = base.manifest;
  const manifest = manifestOf({
    schemaVersion: 2,
    mediaType,
    config: configBlob,
    layers: [...base.manifest.layers, ...added],
    ...(annotations !== undefined && { annotations }),
  });
  const blobs = new Map<Digest, OpenBlob>(layers.map(({ blob, open }) => [blob.digest, open]));
  return { manifest, blobs: blobs.set(configBlob.digest, (start) => once(config.subarray(start))) };
}

/** A list in which some images are replaced, under the digests that they had. */
export function buildIndex(
  { mediaType, manifests, annotations }: Pick<Image['manifest'], 'mediaType' | 'manifests' | 'annotations'>,
  replaced: ReadonlyMap<Digest, NewImage>,
): NewImage {
  const children = manifests.map((child) => {
    const image = replaced.get(child.digest);
    return image === undefined ? child : { ...child, ...describe(image.manifest.bytes, image.manifest.mediaType) };
  });
  const manifest = manifestOf({
    schemaVersion: 2,
    mediaType,
    manifests: children,
    ...(annotations !== undefined && { annotations }),
  });
  return { manifest, blobs: new Map([...replaced.values()].flatMap(({ blobs }) => [...blobs])) };
}

function manifestOf(value: { mediaType: string; [field: string]: unknown }): RemoteManifest {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, mediaType: value.mediaType, digest: digestOf(bytes) };
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, size: bytes.byteLength, digest: digestOf(bytes) };
}

function withLayers(base: Record<string, unknown>, layers: readonly NewLayer[], created: string) {
  const before = listOf(objectOf(base['rootfs'])['diff_ids']);
  const history = layers.map(({ comment }) => ({ created, comment }));
  return {
    ...base,
    created,
    rootfs: { type: 'layers', diff_ids: [...before, ...layers.map(({ diffId }) => diffId)] },
    history: [...listOf(base['history']), ...history],
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
