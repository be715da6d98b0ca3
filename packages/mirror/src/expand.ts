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
      const wanted: WantedTarget = { target, tag: destination.tag ?? tag };
      const key = `${repositoryText(source)} ${reference}`;
      if (wanted.tag !== undefined) {
        const place = `${repositoryText(destination)}:${wanted.tag}`;
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
  const { digest, tag, pattern } = source;
  if (digest !== undefined) return [{ reference: digest, ...(tag !== undefined && { tag }) }];
  if (tag !== undefined) return [isDigest(tag) ? { reference: tag } : { reference: tag, tag }];
  const tags = await tagsOf(source);
  const fitting = pattern === undefined ? tags : tags.filter((one) => matchesGlob(pattern, one));
  return fitting.map((one) => ({ reference: one, tag: one }));
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
      // Layouts hold names that are no tags.
      if (isTag(tag)) tags.push(tag);
      if (tags.length > MOST_TAGS)
        throw new MirrorError('USAGE', `${name} has more than ${MOST_TAGS} tags; name those that you want`);
    }
    lists.set(name, tags);
    return tags;
  };
}
