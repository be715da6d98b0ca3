import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tarOf } from './tar.js';

/** A pointer to content, as it stands in manifests. */
export interface ContentDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Platform;
  artifactType?: string;
  annotations?: Record<string, string>;
  urls?: string[];
}

export interface Platform {
  os: string;
  architecture: string;
}

export interface GeneratedBlob {
  descriptor: ContentDescriptor;
  bytes: Buffer;
}

/** A manifest with everything that has to be pushed before it. */
export interface GeneratedManifest {
  descriptor: ContentDescriptor;
  bytes: Buffer;
  blobs: GeneratedBlob[];
  children: GeneratedManifest[];
}

/** Which family of media types a manifest and its parts carry. */
export type MediaTypeFamily = 'oci' | 'docker';

export const MEDIA_TYPES = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const;

/** OCI image specification, "Guidance for an empty descriptor". */
export const EMPTY_CONFIG_TYPE = 'application/vnd.oci.empty.v1+json';

/** `algorithm:hex` of some bytes. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Bytes that look random, cannot be compressed, and are the same for the same seed on every machine. */
export function randomBytesOf(seed: string, size: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  return cipher.update(Buffer.alloc(size));
}

/** A blob of the given bytes. */
export function blobOf(bytes: Buffer, mediaType = 'application/octet-stream'): GeneratedBlob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

export interface ImageOptions {
  seed: string;
  /** Number of layers. Default 1. */
  layers?: number;
  /** Bytes of random content in each layer; the packed layer is about 2 KiB larger. Default 1024. */
  size?: number;
  /** Default `oci`. */
  mediaTypes?: MediaTypeFamily;
  platform?: Platform;
  annotations?: Record<string, string>;
}

/**
 * An image that clients can pull and unpack: each layer is a compressed archive with one file of random bytes, and the
 * configuration names the archives' digests.
 */
export function createImage(options: ImageOptions): GeneratedManifest {
  const { seed, layers = 1, size = 1024, mediaTypes = 'oci', annotations } = options;
  const platform = options.platform ?? { os: 'linux', architecture: 'amd64' };
  const types = MEDIA_TYPES[mediaTypes];
  const archives = Array.from({ length: layers }, (_, i) =>
    tarOf([{ path: `layer-${i}`, content: randomBytesOf(`${seed}/${i}`, size) }]),
  );
  const config = blobOf(
    Buffer.from(
      JSON.stringify({
        created: '2020-01-01T00:00:00Z',
        ...platform,
        config: { Labels: { seed } },
        rootfs: { type: 'layers', diff_ids: archives.map((archive) => digestOf(archive)) },
        history: archives.map((_, i) => ({ created: '2020-01-01T00:00:00Z', created_by: `layer ${i}` })),
      }),
    ),
    types.config,
  );
  const packed = archives.map((archive) => blobOf(gzipSync(archive, { level: 0 }), types.layer));
  const manifest = createManifest(mediaTypes, config, packed, { annotations });
  return { ...manifest, descriptor: { ...manifest.descriptor, platform } };
}

/** Further fields of an image manifest. */
export interface ManifestFields {
  artifactType?: string;
  subject?: ContentDescriptor;
  annotations?: Record<string, string>;
}

/** A manifest of a configuration and layers. Layers may be blobs, or descriptors of what is not pushed. */
export function createManifest(
  mediaTypes: MediaTypeFamily,
  config: GeneratedBlob,
  layers: readonly (GeneratedBlob | ContentDescriptor)[],
  fields: ManifestFields = {},
): GeneratedManifest {
  const blobs = layers.filter((layer) => 'bytes' in layer);
  const value = {
    config: config.descriptor,
    layers: layers.map((layer) => ('bytes' in layer ? layer.descriptor : layer)),
    ...fields,
  };
  return seal(MEDIA_TYPES[mediaTypes].manifest, value, { blobs: [config, ...blobs], children: [] });
}

/** An index (or manifest list) over other manifests. */
export function createIndex(
  children: readonly GeneratedManifest[],
  fields: ManifestFields & { mediaTypes?: MediaTypeFamily } = {},
): GeneratedManifest {
  const { mediaTypes = 'oci', ...rest } = fields;
  const value = { manifests: children.map((child) => child.descriptor), ...rest };
  return seal(MEDIA_TYPES[mediaTypes].index, value, { blobs: [], children: [...children] });
}

export interface ArtifactOptions {
  /** The content of the single layer. */
  content: Buffer;
  contentType?: string;
  artifactType: string;
  subject?: ContentDescriptor;
  annotations?: Record<string, string>;
}

/** An artifact as `oras attach` makes it: an image manifest with the empty configuration `{}`. */
export function createArtifact(options: ArtifactOptions): GeneratedManifest {
  const { content, contentType, artifactType, subject, annotations } = options;
  const config = blobOf(Buffer.from('{}'), EMPTY_CONFIG_TYPE);
  const pointer = subject && { mediaType: subject.mediaType, digest: subject.digest, size: subject.size };
  return createManifest('oci', config, [blobOf(content, contentType)], { artifactType, subject: pointer, annotations });
}

function seal(
  mediaType: string,
  value: object,
  parts: Pick<GeneratedManifest, 'blobs' | 'children'>,
): GeneratedManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
  return { ...blobOf(bytes, mediaType), ...parts };
}

/** The tag under which clients keep the referrers of a manifest when a registry has no referrers API. */
export function referrersTagOf(digest: string): string {
  return digest.replace(':', '-');
}
