import { isRepositoryName, isTag, ManifestError, MediaType, parseManifest } from '@longshore/oci';
import type { Descriptor } from '@longshore/oci';
import { CopyError } from './place.js';

export const REF_NAME = 'org.opencontainers.image.ref.name';
export const LARGEST_INDEX = 16 * 1024 * 1024;
export const LAYOUT_MARKER = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/** The entries of a layout's `index.json`. Errors: CopyError INVALID. */
export function parseLayoutIndex(bytes: Uint8Array, where: string): Descriptor[] {
  try {
    return parseManifest(bytes, MediaType.ociIndex).manifests;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new CopyError('INVALID', `${where}: ${error.message}`, { cause: error });
  }
}

export function layoutIndexBytes(manifests: readonly Descriptor[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }));
}

/** The entry of a name; the empty name is that of an index with a single entry. Errors: CopyError NOT_FOUND, INVALID for several. */
export function findInLayout(entries: readonly Descriptor[], name: string, where: string): Descriptor {
  const [entry, another] = name === '' ? entries : entries.filter((one) => refName(one) === name);
  if (entry === undefined) {
    throw new CopyError('NOT_FOUND', `${where}: its index names no image ${JSON.stringify(name)}`);
  }
  if (another === undefined) return entry;
  const several = name === '' ? 'several images; name one' : `several images named ${name}`;
  throw new CopyError('INVALID', `${where}: its index has ${several}`);
}

/**
 * Adds an image under a name, which it takes from another one; without a name only where its digest is not known. Entries are in the
 * order of their names, so that the same images give the same file in whatever order they come.
 */
export function enterInLayout(entries: readonly Descriptor[], descriptor: Descriptor, name?: string): Descriptor[] {
  if (name === undefined) {
    const isThere = entries.some(({ digest }) => digest === descriptor.digest);
    return isThere ? [...entries] : [...entries, descriptor].sort(byName);
  }
  const entry = { ...descriptor, annotations: { [REF_NAME]: name } };
  return [...entries.filter((one) => refName(one) !== name), entry].sort(byName);
}

function byName(one: Descriptor, other: Descriptor): number {
  const [a, b] = [one, other].map((entry) => `${refName(entry) ?? ''} ${entry.digest}`) as [string, string];
  return a < b ? -1 : Number(a > b);
}

export function refName({ annotations }: Descriptor): string | undefined {
  return annotations?.[REF_NAME];
}

/** The name in a layout's index: `org/app:v1`. */
export function layoutName(repository: string, tag: string): string {
  return repository === '' ? tag : `${repository}:${tag}`;
}

/** The other way round: `org/app:v1` is tag `v1` of `org/app`; all else has no repository. */
export function splitLayoutName(name: string): { repository: string; tag: string } {
  const colon = name.lastIndexOf(':');
  const [repository, tag] = [name.slice(0, Math.max(colon, 0)), name.slice(colon + 1)];
  return isRepositoryName(repository) && isTag(tag) ? { repository, tag } : { repository: '', tag: name };
}
