import { isDigest, isTag } from '@longshore/oci';
import { matchesGlob } from '@longshore/distribution';
import type { WantedImage, WantedTarget } from '@longshore/distribution';
import type { Mapping } from './mapping.js';
import { MirrorError } from './mirror-error.js';
import { repositoryText } from './place-name.js';
import type { PlaceName } from './place-name.js';
import type { Places } from './places.js';

const MOST_TAGS = 200_000;

/**
 * Makes images of mappings: those with wildcards, or without tag, stand for all tags of the source that fit. Errors: MirrorError
 * USAGE; those of the source.
 */
export async function expandMappings(
  mappings: readonly Mapping[],
  places: Places,
  signal: AbortSignal,
): Promise<WantedImage[]> {
  const tagsOf = tagLists(places, signal);
  const images = new Map<string, WantedImage>();
  const taken = new Map<string, string>();
  for (const { source, destination } of mappings) {
    const target = await places.target(destination);
    for (const { reference, tag } of await referencesOf(source, tagsOf)) {
      const wanted: WantedTarget = { target, tag: destination.tag ?? inheritedName(source, destination, tag) };
      const key = `${repositoryText(source)} ${reference}`;
      const isOne = destination.kind === 'dir';
      if (wanted.tag !== undefined || isOne) {
        const place = `${repositoryText(destination)}${isOne ? '' : `:${wanted.tag}`}`;
        if (taken.has(place))
          throw new MirrorError('USAGE', `each destination tag may only be specified once: ${place}`);
        taken.set(place, key);
      }
      const image = images.get(key) ?? { source: places.source(source), reference, targets: [] };
      images.set(key, image);
      image.targets.push(wanted);
    }
  }
  if (images.size > 0) return [...images.values()];
  throw new MirrorError(
    'USAGE',
    'you must specify at least one source image to pull and the destination to push to as SRC=DST or SRC DST [DST2 DST3 ...]',
  );
}

/** What a source stands for; each with the tag that it has where none is given. */
async function referencesOf(
  source: PlaceName,
  tagsOf: (source: PlaceName) => Promise<string[]>,
): Promise<{ reference: string; tag?: string }[]> {
  const { kind, digest, tag, pattern } = source;
  if (digest !== undefined) return [{ reference: digest, ...(tag !== undefined && { tag }) }];
  if (tag !== undefined) return [named(tag)];
  const tags = kind === 'dir' ? [] : await tagsOf(source);
  if (pattern !== undefined) return tags.filter((one) => matchesGlob(pattern, one)).map(named);
  // The only image of a layout or an archive needs no name.
  const isNameless = tags.length === 0 && PATHS.has(kind);
  return isNameless ? [{ reference: '' }] : tags.map(named);
}

const PATHS: ReadonlySet<PlaceName['kind']> = new Set(['dir', 'oci', 'oci-archive', 'docker-archive']);

/** Names of layouts and archives may be whole references: `quay.io/org/app:v1` has the tag `v1`. */
function named(name: string): { reference: string; tag?: string } {
  if (isDigest(name)) return { reference: name };
  const tag = name.slice(name.lastIndexOf(':') + 1);
  return { reference: name, ...(isTag(tag) && { tag }) };
}

/** The name at a destination for which none was given. */
function inheritedName(source: PlaceName, destination: PlaceName, tag: string | undefined): string | undefined {
  if (tag === undefined || destination.kind === 'dir') return undefined;
  if (destination.kind !== 'docker-archive') return tag;
  // Whoever loads it wants to find it again.
  if (PATHS.has(source.kind)) return source.tag;
  return `${source.kind === 'registry' ? repositoryText(source) : source.repository}:${tag}`;
}

/** Lists the tags of each source once. */
function tagLists(places: Places, signal: AbortSignal): (source: PlaceName) => Promise<string[]> {
  const lists = new Map<string, string[]>();
  return async (source) => {
    const name = repositoryText(source);
    const known = lists.get(name);
    if (known !== undefined) return known;
    const tags: string[] = [];
    for await (const tag of places.source(source).tags({ signal })) {
      tags.push(tag);
      if (tags.length > MOST_TAGS)
        throw new MirrorError('USAGE', `${name} has more than ${MOST_TAGS} tags; name those that you want`);
    }
    lists.set(name, tags);
    return tags;
  };
}
