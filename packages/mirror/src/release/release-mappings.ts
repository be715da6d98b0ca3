import { isTag, parseDigest } from '@longshore/oci';
import type { Mapping } from '../mapping.js';
import { sourceMirrors, type SourceMirrors } from '../mirror-sets/mirror-set.js';
import { MirrorError } from '../mirror-error.js';
import { parsePlaceName, repositoryText, type PlaceName } from '../place-name.js';
import { signedDigest } from '../signatures/release-signatures.js';
import type { ReleaseComponent } from './image-references.js';
import { textOf } from './json-object.js';
import type { Release } from './read-release.js';
import { architectureSuffix, releaseTag, type ReleaseDestination } from './release-destination.js';

/** How a release is to be mirrored. */
export interface ReleaseMirroring {
  /** Where the release was read. */
  from: PlaceName;
  to: ReleaseDestination;
  /** Where the release image goes, too; without a tag, under that of the release. */
  alsoTo: readonly PlaceName[];
  /** The release image itself is left out. */
  skipReleaseImage: boolean;
  /** Of a folder: digests of components that are there, too. */
  heldByFolder: ReadonlySet<string>;
}

/**
 * What must be copied to mirror a release (mirror.md 1.3): the release first, by the digest that was read, then its components in
 * the order of their names. Errors: MirrorError USAGE for tags that cannot be.
 */
export function releaseMappings(release: Release, mirroring: ReleaseMirroring): Mapping[] {
  const { from, to, alsoTo, skipReleaseImage, heldByFolder } = mirroring;
  const named = { version: release.references.version, suffix: suffixOf(release) };
  const tag = releaseTag(named, undefined, to.template);
  const source = { ...from, digest: signedDigest(release) };
  const own = skipReleaseImage
    ? []
    : [tagged(to.repository, tag), ...alsoTo.map((place) => tagged(place, place.tag ?? tag))];
  const components = release.references.components.map((component) => ({
    source: componentPlace(component, from, heldByFolder),
    destination: tagged(to.repository, releaseTag(named, component.name, to.template)),
  }));
  return [...own.map((destination) => ({ source, destination })), ...components];
}

/**
 * What must be copied to have components in a repository, under the tags of a mirrored release, and how a release names them there
 * (mirror.md 3.1). Errors: MirrorError USAGE for tags that cannot be.
 */
export function componentMappings(
  components: readonly ReleaseComponent[],
  repository: PlaceName,
  { version, architecture }: { version: string; architecture: string | undefined },
): { mappings: Mapping[]; components: ReleaseComponent[] } {
  const named = { version, suffix: architectureSuffix(architecture) };
  return {
    mappings: components.map(({ name, pullSpec }) => ({
      source: parsePlaceName(pullSpec),
      destination: tagged(repository, releaseTag(named, name)),
    })),
    components: components.map((one) => ({ ...one, pullSpec: `${repositoryText(repository)}@${one.digest}` })),
  };
}

/** What mirror sets must say of a mirrored release: each repository that it names is in all places (mirror.md 1.5, 7). */
export function releaseMirrors(release: Release, { from, to, alsoTo }: ReleaseMirroring): SourceMirrors[] {
  const places = release.references.components.map(({ pullSpec }) => parsePlaceName(pullSpec));
  const mirrors = [to.repository, ...alsoTo].map(repositoryText);
  return sourceMirrors(
    [from, ...places].flatMap((place) => mirrors.map((mirror) => ({ source: repositoryText(place), mirror }))),
  );
}

function suffixOf({ image }: Release): string {
  const isList = image.listDigest !== undefined;
  return architectureSuffix(isList ? undefined : (textOf(image.config['architecture']) ?? 'amd64'));
}

function componentPlace(
  { digest, pullSpec }: ReleaseComponent,
  from: PlaceName,
  heldByFolder: ReadonlySet<string>,
): PlaceName {
  if (!heldByFolder.has(digest)) return parsePlaceName(pullSpec);
  const { tag: _tag, ...folder } = from;
  return { ...folder, digest: parseDigest(digest), text: `${repositoryText(from)}@${digest}` };
}

function tagged(place: PlaceName, tag: string): PlaceName {
  if (!isTag(tag)) throw new MirrorError('USAGE', `${JSON.stringify(tag.slice(0, 200))} cannot be a tag`);
  return { ...place, tag, text: `${repositoryText(place)}:${tag}` };
}
