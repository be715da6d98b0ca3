import { matchesGlob } from '@longshore/distribution';
import { entryPath } from './entry-path.js';
import { ImageError } from './image-error.js';

/** What of an image goes where. */
export interface PathMapping {
  /** A folder of the image; the root is empty. */
  folder: string;
  /** Which entries of it, by a glob; without, all. What is below a folder that matches goes with it. */
  pattern?: string;
  /** A folder of this machine. */
  destination: string;
}

/**
 * Reads `SRC:DST` (registry.md 9): `SRC` with a slash at its end is the content of a folder, otherwise its last part is a file, a
 * folder or a glob. Errors: ImageError USAGE.
 */
export function parsePathMapping(text: string): PathMapping {
  const colon = text.indexOf(':');
  const [from, destination] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (from === '' || destination === '') {
    throw new ImageError('USAGE', `--path ${text}: must be SRC:DST, a path of the image and a folder of this machine`);
  }
  return { ...splitSource(from), destination };
}

/** A single file, by its name in the image, into a folder. Errors: ImageError USAGE. */
export function fileMapping(name: string, destination: string): PathMapping {
  const { folder, pattern } = splitSource(name);
  if (pattern === undefined) throw new ImageError('USAGE', `--file ${name}: is a folder; use --path`);
  return { folder, pattern, destination };
}

/** Where an entry goes inside the destination; undefined when it is not meant, empty for the folder itself. */
export function mappedPath({ folder, pattern }: PathMapping, path: string): string | undefined {
  if (path === folder) return pattern === undefined ? '' : undefined;
  if (folder !== '' && !path.startsWith(`${folder}/`)) return undefined;
  const rest = folder === '' ? path : path.slice(folder.length + 1);
  if (pattern === undefined) return rest;
  const [first = ''] = rest.split('/', 1);
  return matchesGlob(pattern, first) ? rest : undefined;
}

function splitSource(text: string): Pick<PathMapping, 'folder' | 'pattern'> {
  const path = entryPath(text);
  if (text.endsWith('/') || path === '') return { folder: path };
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(slash, 0)), pattern: path.slice(slash + 1) };
}
