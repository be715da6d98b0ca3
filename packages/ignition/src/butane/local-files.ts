import { posix } from 'node:path';
import { CATALOGUE, type Code } from '../source/catalogue.js';
import { cleanPath } from '../spec/path-checks.js';

/** What stands at a path; symbolic links are not followed. */
export interface LocalNode {
  kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Anybody may execute it. */
  executable: boolean;
}

/**
 * The files directory, as its owner reads it for us. Paths are relative to it, with slashes, and never lead out of it by `..`.
 * Failures are errors with a `code` of the operating system, such as `ENOENT`.
 */
export interface LocalFiles {
  /** How the directory was given; messages name files by it. */
  readonly directory: string;
  read(path: string): Uint8Array;
  /** Follows symbolic links. */
  isDirectory(path: string): boolean;
  node(path: string): LocalNode;
  /** Names in a directory, in any order. */
  list(path: string): string[];
  target(path: string): string;
}

/** A local file or tree cannot be had. */
export class LocalFileError extends Error {
  override readonly name = 'LocalFileError';

  constructor(
    readonly code: Code,
    message: string = CATALOGUE[code],
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The words of the reference's operating system layer; people search for them. */
const SYSTEM_WORDS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  EFBIG: 'file too large',
  ENAMETOOLONG: 'file name too long',
};

/** The contents of a local file. Throws {@link LocalFileError}. */
export function readLocalFile(path: string, files: LocalFiles | undefined): Uint8Array {
  const inside = localPath(path, files);
  return attempt(inside.files, inside.path, 'open', () => inside.files.read(inside.path));
}

/** Where a path of a config leads in the files directory; never out of it (edge.md 1.5). Throws {@link LocalFileError}. */
export function localPath(path: string, files: LocalFiles | undefined): { files: LocalFiles; path: string } {
  if (!files || files.directory === '') throw new LocalFileError('files-dir-missing');
  const base = cleanPath(files.directory);
  const full = cleanPath(posix.join(files.directory, path));
  const inside = posix.relative(base, full);
  if (inside === '..' || inside.startsWith('../')) throw new LocalFileError('files-dir-escape');
  return { files, path: inside };
}

/** Does something with a file, and turns a failure of the system into a {@link LocalFileError}. */
export function attempt<T>(files: LocalFiles, path: string, doing: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    if (code === undefined) throw error;
    const verb = code === 'EISDIR' ? 'read' : doing;
    const message = `${verb} ${cleanPath(posix.join(files.directory, path))}: ${SYSTEM_WORDS[code] ?? code}`;
    throw new LocalFileError('local-unreadable', message, { cause: error });
  }
}
