import { parseReference } from '@longshore/oci';
import { isObject, objectOf, parseJsonObject, textOf, textsOf } from './json-object.js';
import { ReleaseError } from './release-error.js';

/** An image of a release, by the name of its tag. */
export interface ReleaseComponent {
  name: string;
  /** With a digest and no tag. */
  pullSpec: string;
  digest: string;
  annotations: Record<string, string>;
}

/** What `release-manifests/image-references` says (mirror.md 1.7). */
export interface ImageReferences {
  version: string;
  /** RFC 3339. */
  created?: string;
  /** In the order of their names. */
  components: ReleaseComponent[];
  /** The whole ImageStream. */
  object: Record<string, unknown>;
}

export const IMAGE_REFERENCES = 'image-references';
const MOST_COMPONENTS = 5000;
const COMPONENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/**
 * Reads the ImageStream of a release: each tag must be a `DockerImage` by digest and without a tag (mirror.md 1.2). Errors:
 * ReleaseError INVALID.
 */
export function parseImageReferences(bytes: Uint8Array): ImageReferences {
  const object = parseJsonObject(bytes, IMAGE_REFERENCES);
  if (object['kind'] !== 'ImageStream') {
    throw invalid(`expected the kind ImageStream, found ${JSON.stringify(object['kind'] ?? null).slice(0, 100)}`);
  }
  const metadata = objectOf(object['metadata']);
  const version = textOf(metadata['name']);
  if (version === undefined) throw invalid('metadata.name is missing; it is the version of the release');
  const tags = objectOf(object['spec'])['tags'] ?? [];
  if (!Array.isArray(tags)) throw invalid('spec.tags is no list');
  const components = componentsOf(tags, IMAGE_REFERENCES);
  const created = textOf(metadata['creationTimestamp']);
  return { version, ...(created !== undefined && { created }), components, object };
}

/** The tags of an ImageStream as components, in the order of their names. Errors: ReleaseError INVALID, which names `place`. */
export function componentsOf(tags: readonly unknown[], place: string): ReleaseComponent[] {
  if (tags.length > MOST_COMPONENTS) throw invalid(`has more than ${MOST_COMPONENTS} images`, place);
  const components = tags.map((tag, index) => readComponent(tag, index, place));
  components.sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = components.find(({ name }, index) => components[index + 1]?.name === name);
  if (twice !== undefined) throw invalid(`names ${twice.name} twice`, place);
  return components;
}

function readComponent(tag: unknown, index: number, place: string): ReleaseComponent {
  const { name, from, annotations } = objectOf(tag);
  if (typeof name !== 'string' || !COMPONENT_NAME.test(name))
    throw invalid(`spec.tags[${index}].name is no name of a tag`, place);
  if (!isObject(from) || from['kind'] !== 'DockerImage' || typeof from['name'] !== 'string') {
    throw invalid(`${name}: from is no DockerImage`, place);
  }
  const { name: pullSpec } = from as { name: string };
  return { name, pullSpec, digest: digestOf(name, pullSpec, place), annotations: textsOf(annotations) };
}

function digestOf(name: string, pullSpec: string, place: string): string {
  let reference;
  try {
    reference = parseReference(pullSpec);
  } catch (error) {
    throw new ReleaseError('INVALID', `${place}: ${name}: ${(error as Error).message}`, { cause: error });
  }
  const { digest, tag } = reference;
  if (digest !== undefined && tag === undefined) return digest;
  throw invalid(`${name}: ${pullSpec} must name the image by its digest, and without a tag`, place);
}

function invalid(words: string, place = IMAGE_REFERENCES): ReleaseError {
  return new ReleaseError('INVALID', `${place}: ${words}`);
}
