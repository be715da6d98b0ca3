import { IMAGE_ANNOTATIONS, type Image, type ImageLayer, type ImageManifest } from '@longshore/kube';
import { isContainerConfig, parseManifest, type Descriptor, type ParsedManifest } from '@longshore/oci';
import { readDockerImage } from './docker-image.js';

/** What an Image says of its content. Images have layers, lists and indexes have manifests. */
export type ImageDescription = Required<
  Pick<Image, 'dockerImageMetadata' | 'dockerImageMetadataVersion' | 'dockerImageManifestMediaType'>
> &
  Pick<Image, 'dockerImageLayers' | 'dockerImageManifests'>;

/** Whether the configuration of an image is one of a container: artifacts have what their makers like. */
export function hasContainerConfig({ config }: ParsedManifest): boolean {
  return config !== undefined && isContainerConfig(config.mediaType);
}

/**
 * Describes an image by its manifest and the bytes of its configuration (registry.md 3.1). The configuration of an artifact
 * (Helm chart, signature, attestation) is not read, so it may be left out; so may any: the metadata then says only what the
 * manifest does. Never fails.
 */
export function describeImage(manifest: ParsedManifest, config: Uint8Array | undefined): ImageDescription {
  const description: ImageDescription = {
    dockerImageMetadata: { kind: 'DockerImage', apiVersion: 'image.openshift.io/1.0' },
    dockerImageMetadataVersion: '1.0',
    dockerImageManifestMediaType: manifest.mediaType,
  };
  if (manifest.kind === 'index') {
    description.dockerImageManifests = manifest.manifests.map(childOf);
    return description;
  }
  Object.assign(description.dockerImageMetadata, {
    ...(config !== undefined && hasContainerConfig(manifest) && readDockerImage(config)),
    ...(manifest.config !== undefined && { Id: manifest.config.digest }),
    Size: sizeOf(manifest),
  });
  description.dockerImageLayers = manifest.layers.map(layerOf);
  return description;
}

/** The manifest that stands in an Image as text; undefined when none does. Errors: {@link ManifestError}. */
export function manifestOf(image: Image): ParsedManifest | undefined {
  const { dockerImageManifest: text, dockerImageManifestMediaType: mediaType } = image;
  return text ? parseManifest(Buffer.from(text), mediaType || undefined) : undefined;
}

/**
 * Fills an Image whose manifest, and configuration, stand in it as text, with their description, and with the annotations
 * that tell the order of its layers and its subject; without a manifest it stays as it is. `manifest`: what the text holds, when
 * it has been read. Errors: {@link ManifestError} when the text is no manifest.
 */
export function fillImage(image: Image, manifest: ParsedManifest | undefined = manifestOf(image)): void {
  if (manifest === undefined) return;
  const { dockerImageConfig: config } = image;
  delete image.dockerImageLayers;
  delete image.dockerImageManifests;
  Object.assign(image, describeImage(manifest, config ? Buffer.from(config) : undefined));
  const { [IMAGE_ANNOTATIONS.subject]: _claimed, ...annotations } = image.metadata.annotations ?? {};
  if (manifest.kind === 'image') annotations[IMAGE_ANNOTATIONS.layersOrder] = 'ascending';
  if (manifest.subject !== undefined) annotations[IMAGE_ANNOTATIONS.subject] = manifest.subject.digest;
  image.metadata.annotations = annotations;
}

/** Bytes of the configuration and of each layer, counted once. */
function sizeOf({ config, layers }: ParsedManifest): number {
  const sizes = new Map(layers.map(({ digest, size }) => [digest, size]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, config?.size ?? 0);
  // A manifest may claim any sizes.
  return Math.min(total, Number.MAX_SAFE_INTEGER);
}

function layerOf({ digest, size, mediaType }: Descriptor): ImageLayer {
  return { name: digest, size, mediaType };
}

/** Attestations and nested indexes have no platform. */
function childOf({ digest, mediaType, size, platform }: Descriptor): ImageManifest {
  return {
    digest,
    mediaType,
    manifestSize: size,
    architecture: platform?.architecture || 'unknown',
    os: platform?.os || 'unknown',
    ...(platform?.variant && { variant: platform.variant }),
  };
}
