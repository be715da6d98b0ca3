import { IMAGE_ANNOTATIONS, IMAGE_API_VERSION, type Image } from '@longshore/kube';
import { isContainerConfig, type Digest, type ParsedManifest } from '@longshore/oci';

/**
 * Manifest and configuration travel as text, in a request of at most 3 MiB, and JSON in JSON grows by its quotes. What does not
 * fit is left out: the API then knows layers and sizes, and no labels.
 */
const MAX_MANIFEST_BYTES = 1.5 * 2 ** 20;
const MAX_CONFIG_BYTES = 512 * 2 ** 10;

/** Whether the API wants the configuration of a manifest: not those of artifacts, which are what their makers like. */
export function wantsConfig({ config }: ParsedManifest): boolean {
  return config !== undefined && isContainerConfig(config.mediaType) && config.size <= MAX_CONFIG_BYTES;
}

/**
 * The Image that stands for a pushed manifest (registry.md 3.8). The server reads the texts and empties them, as the registry
 * has the content. `reference`: `host/namespace/stream` of the registry as the cluster knows it.
 */
export function pushedImage(
  manifest: ParsedManifest,
  digest: Digest,
  config: Uint8Array | undefined,
  reference: string,
): Image {
  const { raw, mediaType, kind, layers, manifests } = manifest;
  const annotations = {
    [IMAGE_ANNOTATIONS.managed]: 'true',
    [IMAGE_ANNOTATIONS.manifestBlobStored]: 'true',
    ...(kind === 'image' && { [IMAGE_ANNOTATIONS.layersOrder]: 'ascending' }),
  };
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'Image',
    metadata: { name: digest, annotations },
    dockerImageReference: `${reference}@${digest}`,
    dockerImageManifestMediaType: mediaType,
    ...(raw.length <= MAX_MANIFEST_BYTES && { dockerImageManifest: Buffer.from(raw).toString() }),
    ...(config !== undefined && { dockerImageConfig: Buffer.from(config).toString() }),
    ...(kind === 'image'
      ? { dockerImageLayers: layers.map(({ digest: name, size, mediaType }) => ({ name, size, mediaType })) }
      : {
          dockerImageManifests: manifests.map(({ digest, mediaType, size, platform }) => ({
            digest,
            mediaType,
            manifestSize: size,
            // Attestations have none, and the API of OpenShift takes no child without.
            architecture: platform?.architecture || 'unknown',
            os: platform?.os || 'unknown',
            ...(platform?.variant && { variant: platform.variant }),
          })),
        }),
  };
}
