import { parseReference } from '@longshore/oci';
import { componentsOf, type ReleaseComponent } from './image-references.js';
import { isObject, objectOf, textOf } from './json-object.js';
import { ReleaseError } from './release-error.js';

/** By which names a release knows the images of a stream: as the public sees its repository, or as its tags name them. */
export type ReferenceMode = 'public' | 'source';

/**
 * The images of an ImageStream as components of a release (mirror.md 3.1). Without a mode, tags keep the images that they name by
 * digest, and all others get the public name. Errors: ReleaseError INVALID; USAGE where names are asked for that there are not.
 */
export function componentsOfStream(stream: object, mode?: ReferenceMode): ReleaseComponent[] {
  const { kind, spec, status } = objectOf(stream);
  if (kind !== 'ImageStream') {
    throw new ReleaseError(
      'INVALID',
      `expected the kind ImageStream, found ${JSON.stringify(kind ?? null).slice(0, 100)}`,
    );
  }
  const known = new Map(tagsOf(spec, 'name').map(([name, tag]) => [name, tag]));
  const images = new Map(tagsOf(status, 'tag').map(([name, tag]) => [name, firstOf(tag['items'])]));
  const repository = textOf(objectOf(status)['publicDockerImageRepository']);
  const tags = [...new Set([...known.keys(), ...images.keys()])].map((name) => {
    const tag = known.get(name) ?? { name };
    const pullSpec = pullSpecOf(name, { from: tag['from'], image: images.get(name), repository, mode });
    return pullSpec === undefined ? tag : { ...tag, from: { kind: 'DockerImage', name: pullSpec } };
  });
  return componentsOf(tags, 'the ImageStream');
}

interface StreamTag {
  from: unknown;
  /** The newest image that the stream has under it. */
  image: Record<string, unknown> | undefined;
  repository: string | undefined;
  mode: ReferenceMode | undefined;
}

/** Undefined where nothing is better than what the tag says. */
function pullSpecOf(name: string, { from, image, repository, mode }: StreamTag): string | undefined {
  const own = digestNamed(from);
  if (mode !== 'public' && own !== undefined) return own.pullSpec;
  if (mode === 'source') return textOf(image?.['dockerImageReference']);
  const digest = textOf(image?.['image']) ?? own?.digest;
  if (digest === undefined) return undefined;
  if (repository !== undefined) return `${repository}@${digest}`;
  const words =
    'the stream has no status.publicDockerImageRepository; --reference-mode=source takes images from where the tags have them';
  throw new ReleaseError('USAGE', `${name}: ${words}`);
}

function digestNamed(from: unknown): { pullSpec: string; digest: string } | undefined {
  const { kind, name } = objectOf(from);
  if (kind !== 'DockerImage' || typeof name !== 'string' || !name.includes('@')) return undefined;
  try {
    const { digest } = parseReference(name);
    return digest === undefined ? undefined : { pullSpec: name, digest };
  } catch {
    // componentsOf tells of it.
    return undefined;
  }
}

function tagsOf(part: unknown, key: 'name' | 'tag'): [string, Record<string, unknown>][] {
  const { tags } = objectOf(part);
  if (!Array.isArray(tags)) return [];
  return tags.filter(isObject).map((tag) => [textOf(tag[key]) ?? '', tag]);
}

function firstOf(items: unknown): Record<string, unknown> | undefined {
  return Array.isArray(items) ? objectOf(items[0]) : undefined;
}
