import { ImageError } from './image-error.js';

const LONGEST_PATH = 4096;
const DEEPEST_PATH = 256;

/**
 * The path of an entry as it is inside the image: without `./` and slashes around it; the root is empty. Errors: ImageError INVALID
 * for one that would lead out of the image, is absolute beyond a leading slash, or is no path at all.
 */
export function entryPath(name: string): string {
  const shown = JSON.stringify(name.slice(0, 200));
  if (name.includes('\0'))
    throw new ImageError('INVALID', `the archive has an entry ${shown} with a zero byte in its name`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new ImageError('INVALID', `the archive has an entry ${shown} that leads out of it`);
  if (name.length > LONGEST_PATH || parts.length > DEEPEST_PATH) {
    throw new ImageError('INVALID', `the archive has an entry ${shown}… whose path is too long`);
  }
  return parts.join('/');
}

/** The folders above a path, from the top: `a`, `a/b` for `a/b/c`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * Where a symbolic link at `path` leads inside the image, whose root is what `/` means. Errors: ImageError INVALID when it leads
 * above the root.
 */
export function linkDestination(path: string, target: string): string {
  const from = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  const parts = [...from];
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) {
      const words = `the archive has a link ${JSON.stringify(path.slice(0, 200))} that leads out of it`;
      throw new ImageError('INVALID', words);
    }
  }
  return parts.join('/');
}
