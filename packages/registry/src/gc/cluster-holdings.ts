import { visitObjects, type Image, type ImageStream, type KubeClient } from '@longshore/kube';
import { isDigest, type Digest } from '@longshore/oci';

/** What the images and image streams of a cluster need of its registry. */
export interface ClusterHoldings {
  /** By repository: manifests that histories or images name there. */
  manifests: Map<string, Set<Digest>>;
  /** Manifests, configurations and layers of all images. */
  content: Set<Digest>;
}

const IMAGES = { group: 'image.openshift.io', version: 'v1', resource: 'images' };
const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };

/** Reads what a cluster needs (registry.md 8.3). Errors: as of `KubeClient`. */
export async function readClusterHoldings(client: KubeClient, signal: AbortSignal): Promise<ClusterHoldings> {
  const holdings: ClusterHoldings = { manifests: new Map(), content: new Set() };
  const holdManifest = (repository: string, digest: string) => {
    if (!isDigest(digest)) return;
    const known = holdings.manifests.get(repository);
    if (known === undefined) holdings.manifests.set(repository, new Set([digest]));
    else known.add(digest);
  };
  const holdContent = (digest: string | undefined) => {
    if (digest !== undefined && isDigest(digest)) holdings.content.add(digest);
  };
  await visitObjects<ImageStream>(client, STREAMS, { signal }, ({ metadata, status }) => {
    for (const { image, dockerImageReference } of (status?.tags ?? []).flatMap(({ items }) => items ?? [])) {
      holdManifest(`${metadata.namespace}/${metadata.name}`, image);
      holdManifest(repositoryOf(dockerImageReference), image);
    }
  });
  await visitObjects<Image>(client, IMAGES, { signal }, (image) => {
    const { name = '' } = image.metadata;
    holdManifest(repositoryOf(image.dockerImageReference ?? ''), name);
    for (const digest of [name, image.dockerImageMetadata?.Id]) holdContent(digest);
    for (const layer of image.dockerImageLayers ?? []) holdContent(layer.name);
    for (const child of image.dockerImageManifests ?? []) holdContent(child.digest);
  });
  return holdings;
}

/** `ns/app` of `host/ns/app@sha256:…`, whatever the host: the registry has several names. */
function repositoryOf(reference: string): string {
  return reference.replace(/^[^/]*\//, '').replace(/[@:].*$/s, '');
}
