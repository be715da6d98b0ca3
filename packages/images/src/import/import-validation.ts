import { invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import type {
  ImageImportSpec,
  ImageStreamImport,
  ImageStreamImportSpec,
  ImportMode,
  RepositoryImportSpec,
  StatusCause,
  TagReference,
} from '@longshore/kube';
import { isTag, type Reference } from '@longshore/oci';
import { checkStreamName, checkTagReference, readPullSpec, TAG_RULE } from '../streams/stream-validation.js';

/** More than a stream has of them is a mistake or worse. */
const MOST_IMAGES = 1000;
const DEFAULT_TAG = 'latest';

/**
 * An import with what its client left out: the tag of an image is that of its source, the import mode that of the tag of the
 * stream, else that of the cluster.
 */
export function withDefaults(
  { images, repository, ...spec }: ImageStreamImportSpec,
  tags: ReadonlyMap<string, TagReference>,
  mode: ImportMode,
): ImageStreamImportSpec {
  return {
    ...spec,
    ...(images !== undefined && { images: images.map((image) => imageWithDefaults(image, tags, mode)) }),
    ...(repository !== undefined && { repository: withMode(repository, mode) }),
  };
}

function imageWithDefaults(
  image: ImageImportSpec,
  tags: ReadonlyMap<string, TagReference>,
  mode: ImportMode,
): ImageImportSpec {
  const reference = readPullSpec(image.from.name);
  const tag = image.to?.name || (typeof reference === 'string' ? undefined : reference.tag) || DEFAULT_TAG;
  const known = tags.get(tag)?.importPolicy;
  const isKnown = image.importPolicy === undefined && known !== undefined;
  return {
    ...withMode(isKnown ? { ...image, importPolicy: known } : image, known?.importMode ?? mode),
    to: { name: tag },
  };
}

function withMode<T extends RepositoryImportSpec>(spec: T, mode: ImportMode): T {
  return { ...spec, importPolicy: { ...spec.importPolicy, importMode: spec.importPolicy?.importMode || mode } };
}

/**
 * What is wrong with an import as a whole (registry.md 3.9). Pull specs of images that cannot be read are told by the status of
 * the image: the others are imported nevertheless.
 */
export function checkImport({ metadata, spec }: ImageStreamImport): StatusCause[] {
  const { images = [], repository } = spec;
  const causes = checkStreamName(metadata.name ?? '', metadata.namespace ?? '');
  if (images.length === 0 && repository === undefined) {
    causes.push(requiredValue('spec', 'name a repository or at least one image to import'));
  }
  if (images.length > MOST_IMAGES) {
    causes.push(invalidValue('spec.images', images.length, `must have at most ${MOST_IMAGES} items`));
  }
  if (repository !== undefined) causes.push(...checkRepository(repository, 'spec.repository'));
  return [...causes, ...images.flatMap((image, index) => checkImage(image, `spec.images[${index}]`))];
}

function checkImage(image: ImageImportSpec, path: string): StatusCause[] {
  const { to, from } = image;
  const causes = checkSource(image, path);
  if (from.name === '*') return causes;
  const name = to?.name ?? '';
  if (!isTag(name)) causes.push(invalidValue(`${path}.to.name`, name, TAG_RULE));
  return causes;
}

function checkRepository(repository: RepositoryImportSpec, path: string): StatusCause[] {
  const causes = checkSource(repository, path);
  const { name } = repository.from;
  const reference: Reference | string = readPullSpec(name);
  if (typeof reference === 'string') return causes;
  if (reference.tag !== undefined) causes.push(invalidValue(`${path}.from.name`, name, 'a repository has no tag'));
  if (reference.digest !== undefined)
    causes.push(invalidValue(`${path}.from.name`, name, 'a repository has no digest'));
  return causes;
}

function checkSource({ from, importPolicy = {}, referencePolicy }: RepositoryImportSpec, path: string): StatusCause[] {
  const { kind, name = '' } = from;
  if (kind !== 'DockerImage') {
    const field = `${path}.from.kind`;
    return [kind ? unsupportedValue(field, kind, ['DockerImage']) : requiredValue(field)];
  }
  if (name === '') return [requiredValue(`${path}.from.name`)];
  const isReadable = typeof readPullSpec(name) !== 'string';
  const reference: TagReference = {
    name: '',
    ...(isReadable && { from }),
    importPolicy,
    referencePolicy: referencePolicy ?? { type: 'Source' },
  };
  return checkTagReference(reference, path);
}
