import { MirrorError } from './mirror-error.js';
import { parsePlaceName, repositoryText } from './place-name.js';
import type { PlaceName } from './place-name.js';

/** One image, or several by pattern, and a place for it. */
export interface Mapping {
  source: PlaceName;
  destination: PlaceName;
}

const NOTHING =
  'you must specify at least one source image to pull and the destination to push to as SRC=DST or SRC DST [DST2 DST3 ...]';
const SHAPE =
  'all arguments must be valid SRC=DST mappings, or you must specify one SRC argument and one or more DST arguments';
const MOST_LINES = 1_000_000;
/** Without a tag they stand for all their tags; other places may hold a single image without a name. */
const REPOSITORIES: ReadonlySet<PlaceName['kind']> = new Set(['registry', 'file', 's3']);

/** A file of mappings, with its name for messages. */
export interface MappingFile {
  name: string;
  text: string;
}

/**
 * Reads the mappings of arguments and files (mirror.md 2.1): `SRC=DST …` or `SRC DST [DST…]`, in files one of them a line, with
 * comments behind `#`.
 *
 * @throws {MirrorError} USAGE
 */
export function readMappings(args: readonly string[], files: readonly MappingFile[]): Mapping[] {
  const mappings = [...readWords(args, ''), ...files.flatMap(readFile)];
  if (mappings.length === 0) throw new MirrorError('USAGE', NOTHING);
  const seen = new Set<string>();
  for (const { destination } of mappings) {
    if (destination.tag === undefined) continue;
    const place = `${repositoryText(destination)}:${destination.tag}`;
    if (seen.has(place)) throw new MirrorError('USAGE', `each destination tag may only be specified once: ${place}`);
    seen.add(place);
  }
  return mappings;
}

function readFile({ name, text }: MappingFile): Mapping[] {
  const lines = text.split('\n');
  if (lines.length > MOST_LINES) throw new MirrorError('USAGE', `file ${name} has more than ${MOST_LINES} lines`);
  return lines.flatMap((line, index) => {
    const hash = line.indexOf('#');
    const words = (hash < 0 ? line : line.slice(0, hash)).trim().split(/\s+/);
    return words[0] === '' ? [] : readWords(words, `file ${name}, line ${index + 1}: `);
  });
}

function readWords(words: readonly string[], where: string): Mapping[] {
  if (words.length === 0) return [];
  const pairs = words.filter((word) => word.includes('='));
  if (pairs.length === words.length) {
    return pairs.map((pair) => {
      const at = pair.indexOf('=');
      return readMapping(pair.slice(0, at), pair.slice(at + 1), where);
    });
  }
  const [source = '', ...destinations] = words;
  if (pairs.length > 0 || destinations.length === 0) throw new MirrorError('USAGE', where + SHAPE);
  return destinations.map((destination) => readMapping(source, destination, where));
}

function readMapping(from: string, to: string, where: string): Mapping {
  const fail = (words: string) => new MirrorError('USAGE', where + words);
  if (from === '' || to === '') throw fail(SHAPE);
  const source = located(from, where);
  const destination = located(to, where);
  if (isSame(source, destination)) throw fail('SRC and DST may not be the same');
  if (destination.digest !== undefined) {
    throw fail('you must specify a tag for DST or leave it blank to only push by digest');
  }
  if (destination.pattern !== undefined) throw fail('the destination may not contain wildcards');
  const isWhole = source.tag === undefined && source.digest === undefined && REPOSITORIES.has(source.kind);
  const isSeveral = source.pattern !== undefined || isWhole;
  if (isSeveral && destination.tag !== undefined) {
    throw fail('when source contains wildcards, the destination must be a repository');
  }
  return { source, destination };
}

/** However they are written: `org/app` is `docker.io/org/app`. */
function isSame(one: PlaceName, other: PlaceName): boolean {
  if (repositoryText(one) !== repositoryText(other)) return false;
  return one.tag === other.tag && one.digest === other.digest && one.pattern === other.pattern;
}

function located(text: string, where: string): PlaceName {
  try {
    return parsePlaceName(text);
  } catch (error) {
    if (!(error instanceof MirrorError) || where === '') throw error;
    throw new MirrorError(error.code, where + error.message, { cause: error });
  }
}
