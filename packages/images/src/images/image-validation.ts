import { duplicateValue, invalidValue, requiredValue } from '@longshore/apiserver';
import type { Image, ImageManifest, StatusCause } from '@longshore/kube';
import { hasMediaTypeShape, InvalidReferenceError, isDigest, parseReference } from '@longshore/oci';
import { checkSignature } from './signature-validation.js';

/** Problems of an image whose shape is right (registry.md 3.1). */
export function checkImage(image: Image): StatusCause[] {
  const { name = '' } = image.metadata;
  return [
    ...(isDigest(name) ? [] : [invalidValue('metadata.name', name, 'must be the digest of the manifest')]),
    ...checkReference(image.dockerImageReference ?? '', 'dockerImageReference'),
    ...checkContent(image),
    ...checkSignatures(image),
  ];
}

function checkReference(reference: string, field: string): StatusCause[] {
  if (reference === '') return [requiredValue(field)];
  try {
    parseReference(reference);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    return [invalidValue(field, reference, error.message)];
  }
}

function checkContent({ dockerImageLayers, dockerImageManifests = [] }: Image): StatusCause[] {
  const field = 'dockerImageManifests';
  const causes = dockerImageManifests.flatMap((manifest, at) => checkChild(manifest, `${field}[${at}]`));
  if (dockerImageManifests.length > 0 && dockerImageLayers !== undefined && dockerImageLayers.length > 0) {
    causes.push(invalidValue('dockerImageLayers', dockerImageLayers.length, `may not be set beside ${field}`));
  }
  return causes;
}

function checkChild(child: ImageManifest, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const { digest = '', mediaType = '', architecture = '', os = '', manifestSize } = child;
  if (!isDigest(digest)) causes.push(invalidValue(`${path}.digest`, digest, 'must be a sha256 or sha512 digest'));
  if (mediaType === '') causes.push(requiredValue(`${path}.mediaType`));
  else if (!hasMediaTypeShape(mediaType)) {
    causes.push(invalidValue(`${path}.mediaType`, mediaType, 'must be a media type as in RFC 6838'));
  }
  if (architecture === '') causes.push(requiredValue(`${path}.architecture`));
  if (os === '') causes.push(requiredValue(`${path}.os`));
  if (manifestSize < 0) causes.push(invalidValue(`${path}.manifestSize`, manifestSize, 'must not be negative'));
  return causes;
}

function checkSignatures({ metadata, signatures = [] }: Image): StatusCause[] {
  const names = new Set<string>();
  return signatures.flatMap((signature, at) => {
    const field = `signatures[${at}].`;
    const { name = '' } = signature.metadata;
    const causes = checkSignature(signature, metadata.name ?? '', field);
    if (names.has(name)) causes.push(duplicateValue(`${field}metadata.name`, name));
    names.add(name);
    return causes;
  });
}
