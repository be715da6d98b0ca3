import type { Image, ImageBlobReferences, ImageLayerData } from '@longshore/kube';
import { isDigest, MediaType } from '@longshore/oci';

/** A blob of an image: a layer, a configuration, a manifest. */
export interface Blob extends ImageLayerData {
  digest: string;
}

/** What an image is made of, without all else that it says. */
export interface ImageLayers {
  /** Of its manifest. */
  mediaType: string;
  config?: Blob;
  layers: readonly Blob[];
  /** Of a list. */
  manifests: readonly Blob[];
}

/** What the index keeps of an image (registry.md 3.7). */
export function imageLayers(image: Image): ImageLayers {
  const { dockerImageManifestMediaType: mediaType = '', dockerImageLayers = [], dockerImageManifests = [] } = image;
  const layers = dockerImageLayers.map(({ name, size, mediaType }) => ({ digest: name, size, mediaType }));
  const config = configOf(image, layers);
  return {
    mediaType,
    ...(config !== undefined && { config }),
    layers,
    manifests: dockerImageManifests.map(({ digest, manifestSize, mediaType }) => ({
      digest,
      size: manifestSize,
      mediaType,
    })),
  };
}

/**
 * Images have no field for the descriptor of their configuration, but `Id` is its digest, and `Size` counts it together with
 * the layers. The media type is that of containers, also for artifacts: who serves the blob serves it by its digest.
 */
function configOf(image: Image, layers: readonly Blob[]): Blob | undefined {
  const { dockerImageManifestMediaType: mediaType, dockerImageMetadata: { Id = '', Size = 0 } = {} } = image;
  if (!isDigest(Id)) return undefined;
  const inLayers = distinctBytes(layers);
  return {
    digest: Id,
    size: Size > inLayers ? Size - inLayers : null,
    mediaType: mediaType === MediaType.ociManifest ? MediaType.ociConfig : MediaType.dockerConfig,
  };
}

/** Layers and configuration of an image. */
export function blobsOf({ layers, config }: ImageLayers): readonly Blob[] {
  return config === undefined ? layers : [...layers, config];
}

/** Bytes of blobs, each counted once. */
export function distinctBytes(blobs: Iterable<Blob>): number {
  let bytes = 0;
  for (const size of new Map([...blobs].map(({ digest, size }) => [digest, size ?? 0])).values()) bytes += size;
  return bytes;
}

/** As `imagestreams/layers` shows it. */
export function referencesOf({ layers, config, manifests }: ImageLayers): ImageBlobReferences {
  return {
    layers: layers.map(({ digest }) => digest),
    ...(config !== undefined && { config: config.digest }),
    ...(manifests.length > 0 && { manifests: manifests.map(({ digest }) => digest) }),
  };
}
