import { s, invalidValue, type ResourceDefinition, type StoredBackend } from '@longshore/apiserver';
import { IMAGE_ANNOTATIONS, IMAGE_GROUP, invalid, type ApiError, type Image, type ObjectMeta } from '@longshore/kube';
import { digestAlgorithm, digestOf, isDigest, ManifestError, type ParsedManifest } from '@longshore/oci';
import { fillImage, hasContainerConfig, manifestOf } from './describe-image.js';
import { imageFields } from './image-schema.js';
import { checkImage } from './image-validation.js';
import { checkSignaturesKept, tidySignature } from './signature-validation.js';

/** The resource as {@link ObjectAccess} names it. */
export const IMAGES = `images.${IMAGE_GROUP}`;

/** Who wants to know of images that are stored, changed or deleted. */
export type ImageObserver = (image: Image | undefined, old: Image | undefined) => void;

/**
 * The kind Image (registry.md 3.1). The server fills what follows from manifest and configuration when they come as text,
 * and empties the text when the registry stores them.
 */
export function imageKind(afterWrite: ImageObserver): ResourceDefinition {
  const backend: StoredBackend<Image> = {
    type: 'stored',
    name: 'path-segment',
    generation: false,
    unconditionalUpdate: false,
    prepareForCreate: completeImage,
    prepareForUpdate: prepareChanged,
    validate: (image) => checkImage(image),
    validateUpdate: ({ signatures = [] }, old) => checkSignaturesKept(signatures, old.signatures ?? []),
    afterWrite,
  };
  return {
    group: IMAGE_GROUP,
    version: 'v1',
    kind: 'Image',
    plural: 'images',
    singular: 'image',
    scope: 'Cluster',
    schema: s.object('An image of the cluster; its name is the digest of its manifest.', imageFields).schema,
    columns: [{ name: 'Image Reference', type: 'string', value: '.dockerImageReference' }],
    backend,
  };
}

/**
 * Makes a new image what is stored of it; one that is complete stays as it is. Changes it in place. Errors: ApiError `Invalid`
 * when the texts are no manifest and configuration, or not those that the name tells.
 */
export function completeImage(image: Image): void {
  const manifest = readManifest(image);
  if (manifest !== undefined) {
    checkConfig(image, manifest);
    fillImage(image, manifest);
  }
  nameUnknownPlatforms(image);
  dropStoredText(image);
  image.signatures?.forEach(tidySignature);
}

/** Errors: `Invalid` when the text is no manifest, or not the one that the name tells. */
function readManifest(image: Image): ParsedManifest | undefined {
  const { dockerImageManifest: text = '', metadata } = image;
  const { name = '' } = metadata;
  if (text !== '' && isDigest(name) && !isTextOf(name, text)) {
    throw refuse(image, 'dockerImageManifest', text, 'its digest must be the name of the image');
  }
  try {
    return manifestOf(image);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw refuse(image, 'dockerImageManifest', text, error.message);
  }
}

/** Configurations of artifacts need not be text, and nobody reads them here. */
function checkConfig(image: Image, manifest: ParsedManifest): void {
  const { dockerImageConfig: text } = image;
  const digest = manifest.config?.digest ?? '';
  if (!text || isTextOf(digest, text)) return;
  if (hasContainerConfig(manifest)) throw refuse(image, 'dockerImageConfig', text, `its digest must be ${digest}`);
  delete image.dockerImageConfig;
}

function refuse({ metadata }: Image, field: string, text: string, why: string): ApiError {
  const shown = text.slice(0, 64);
  return invalid({ group: IMAGE_GROUP, kind: 'Image' }, metadata.name ?? '', [invalidValue(field, shown, why)]);
}

function isTextOf(digest: string, text: string): boolean {
  return isDigest(digest) && digestOf(Buffer.from(text), digestAlgorithm(digest)) === digest;
}

/** Children that a client lists itself, without a manifest. */
function nameUnknownPlatforms({ dockerImageManifests = [] }: Image): void {
  for (const child of dockerImageManifests) {
    child.architecture ||= 'unknown';
    child.os ||= 'unknown';
  }
}

function dropStoredText(image: Image): void {
  if (image.metadata.annotations?.[IMAGE_ANNOTATIONS.manifestBlobStored] !== 'true') return;
  delete image.dockerImageManifest;
  delete image.dockerImageConfig;
}

const KEPT = [
  'dockerImageMetadata',
  'dockerImageMetadataVersion',
  'dockerImageLayers',
  'dockerImageManifests',
  'dockerImageSignatures',
] as const;

/** What an image is made of never changes; clients that send something else are not told so, as by OpenShift. */
function prepareChanged(image: Image, old: Image): void {
  for (const field of KEPT) keep(field, image, old);
  if (old.dockerImageManifestMediaType) keep('dockerImageManifestMediaType', image, old);
  keepSubject(image.metadata, old.metadata);
  const { dockerImageManifest: manifest, dockerImageConfig: config } = image;
  if (manifest && !isTextOf(old.metadata.name ?? '', manifest)) keep('dockerImageManifest', image, old);
  if (config && !isTextOf(configDigestOf(image), config)) keep('dockerImageConfig', image, old);
  if (isUndescribed(image)) withoutManifestError(() => fillImage(image));
  dropStoredText(image);
  image.signatures?.forEach(tidySignature);
}

function keep(field: keyof Image & string, image: Image, old: Image): void {
  if (old[field] === undefined) delete image[field];
  else image[field] = old[field];
}

function keepSubject(metadata: ObjectMeta, { annotations }: ObjectMeta): void {
  const { [IMAGE_ANNOTATIONS.subject]: _claimed, ...others } = metadata.annotations ?? {};
  const subject = annotations?.[IMAGE_ANNOTATIONS.subject];
  metadata.annotations = { ...others, ...(subject !== undefined && { [IMAGE_ANNOTATIONS.subject]: subject }) };
}

function configDigestOf(image: Image): string {
  return withoutManifestError(() => manifestOf(image))?.config?.digest ?? image.dockerImageMetadata?.Id ?? '';
}

/** Old clusters have images of Docker schema 1, which stay as they are. */
function withoutManifestError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return undefined;
  }
}

function isUndescribed({ dockerImageLayers, dockerImageManifests }: Image): boolean {
  return dockerImageLayers === undefined && dockerImageManifests === undefined;
}
