import type { VirtualRequest } from '@longshore/apiserver';
import { forbidden, IMAGE_ANNOTATIONS, type Image, type ImageStreamMapping } from '@longshore/kube';
import { ManifestError } from '@longshore/oci';
import type { ImageApiParts } from '../api/parts.js';
import { hasContainerConfig, manifestOf } from '../images/describe-image.js';
import { IMAGES } from '../images/image-kind.js';
import { isManaged } from '../images/managed-image.js';
import { MAPPING_RESOURCE } from './stream-names.js';
import { readPullSpec } from './stream-validation.js';

/**
 * Errors: ApiError `Forbidden`. Who is not the registry may name images of other registries only: what the cluster's own holds
 * is pulled by whoever has a tag of it, and it counts as used or unused by what its images say.
 */
export async function checkForeignImage(
  { metadata: { name = '' }, image: given }: ImageStreamMapping,
  image: Image,
  { hostnames }: Pick<ImageApiParts, 'hostnames'>,
  { objects }: VirtualRequest,
): Promise<void> {
  const { internal, external } = hostnames();
  const read = readPullSpec(given.dockerImageReference ?? '');
  const host = typeof read === 'string' ? undefined : read.registry;
  const known = await objects.get<Image>(IMAGES, '', image.metadata.name ?? '');
  if (host === undefined || host === internal || external.includes(host) || isManaged(known)) {
    throw forbidden(
      MAPPING_RESOURCE,
      name,
      "images of the cluster's own registry come by a push, or by a tag of their stream",
    );
  }
  // Who names an image reads all that the API says of it: the digest alone is no proof that he knew.
  const lacks = missingText(given);
  if (lacks !== undefined) throw forbidden(MAPPING_RESOURCE, name, `the image must bring its ${lacks} as text`);
  delete image.metadata.annotations?.[IMAGE_ANNOTATIONS.managed];
}

/** What an image does not bring of its manifest and its container's configuration; what it brings is checked when it is stored. */
function missingText(image: Image): string | undefined {
  try {
    const manifest = manifestOf(image);
    if (manifest === undefined) return 'manifest (image.dockerImageManifest)';
    return hasContainerConfig(manifest) && !image.dockerImageConfig
      ? 'configuration (image.dockerImageConfig)'
      : undefined;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return undefined;
  }
}
