import { StorageError } from './errors.js';

const MAX_COMPONENT_BYTES = 255;
const SLASH = 47;
const DOT = 46;

const ALLOWED = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:+=@-') {
  ALLOWED[character.charCodeAt(0)] = 1;
}

/** True when `name` can be one component of a path, and so a name that `list` may answer. */
export function isPathComponent(name: string): boolean {
  return isComponentBetween(name, 0, name.length);
}

/**
 * Checks that `path` is a canonical driver path (see `StorageDriver`). `/`, the root folder, is one. Throws INVALID_PATH.
 */
export function assertPath(path: string): void {
  if (path === '/') return;
  if (path.charCodeAt(0) !== SLASH)
    throw new StorageError('INVALID_PATH', describePath(path), 'must start with a slash');
  for (let start = 1; start <= path.length;) {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    if (!isComponentBetween(path, start, end)) {
      throw new StorageError('INVALID_PATH', describePath(path), `component at ${start} is not allowed`);
    }
    start = end + 1;
  }
}

/** As `assertPath`, for what is written, moved or deleted: that cannot be the root folder. */
export function assertEntryPath(path: string): void {
  assertPath(path);
  if (path === '/') throw new StorageError('INVALID_PATH', path, 'the root folder cannot be changed');
}

/** The folder that holds `path`; `/` for its own children and for itself. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** True when `path` lies below `folder`, at any depth; false for the folder itself. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '/' ? path !== '/' : path.startsWith(folder) && path.charCodeAt(folder.length) === SLASH;
}

function isComponentBetween(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > MAX_COMPONENT_BYTES) return false;
  if (length <= 2 && text.charCodeAt(start) === DOT && text.charCodeAt(end - 1) === DOT) return false;
  for (let at = start; at < end; at++) {
    if (ALLOWED[text.charCodeAt(at)] !== 1) return false;
  }
  return true;
}

/** A refused path comes from outside: what error messages repeat of it is printable and short. */
function describePath(path: string): string {
  const quoted = JSON.stringify(path.slice(0, 200));
  return path.length > 200 ? `${quoted}…` : quoted;
}
