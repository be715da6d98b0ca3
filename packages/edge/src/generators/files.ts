import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { ManifestFolder } from '../siteconfig/extra-manifests.js';
import { decodeTextFile, MAX_FILE_BYTES, tooLarge } from '../diagnostics/text-file.js';

/** A file or folder that a generator cannot use. The message is as the reference's system library words it. */
export class GeneratorFileError extends Error {
  override readonly name = 'GeneratorFileError';
  readonly code = 'GENERATOR_FILE';
}

const CAUSES: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ENOSPC: 'no space left on device',
};

/**
 * The text of a file. Bounded: a file that is too large is not read, and one that grows meanwhile is read no further. Throws
 * GeneratorFileError.
 */
export function readText(path: string): string {
  const descriptor = attempt('open', path, () => openSync(path, 'r'));
  try {
    const bytes = attempt('read', path, () => readBounded(descriptor, path));
    return decodeTextFile(bytes);
  } catch (error) {
    if (error instanceof GeneratorFileError) throw error;
    throw new GeneratorFileError(`read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    closeSync(descriptor);
  }
}

function readBounded(descriptor: number, path: string): Uint8Array {
  const { size } = fstatSync(descriptor);
  if (size > MAX_FILE_BYTES) throw new GeneratorFileError(`read ${path}: ${tooLarge(size)}`);
  let buffer = Buffer.allocUnsafe(Math.max(size, 4096) + 1);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
    if (length > MAX_FILE_BYTES) throw new GeneratorFileError(`read ${path}: ${tooLarge(length)}`);
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(length * 2, MAX_FILE_BYTES + 1));
  }
  return buffer.subarray(0, length);
}

/** The entries of a folder by name; of a file, the file itself. Throws GeneratorFileError. */
function listFolder(path: string): Pick<Dirent, 'name' | 'isDirectory'>[] {
  const info = attempt('stat', path, () => statSync(path));
  if (!info.isDirectory()) return [{ name: path.split(sep).at(-1) ?? path, isDirectory: () => false }];
  return readFolder(path);
}

/** The entries of a folder by name. Throws GeneratorFileError, also for a file. */
export function readFolder(path: string): Pick<Dirent, 'name' | 'isDirectory'>[] {
  const entries = attempt('open', path, () => readdirSync(path, { withFileTypes: true }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names of the files in a folder; undefined when the path is that of a file. Throws GeneratorFileError. */
export function listFiles(path: string): string[] | undefined {
  const info = attempt('stat', path, () => statSync(path));
  return info.isDirectory() ? fileManifests.list(path).slice() : undefined;
}

/** Extra manifests from the file system. */
export const fileManifests: ManifestFolder = {
  read: readText,
  list: (path) => listFolder(path).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])),
  hasFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
};

function attempt<T>(operation: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || error instanceof GeneratorFileError) throw error;
    throw new GeneratorFileError(`${operation} ${path}: ${CAUSES[code] ?? code}`, { cause: error });
  }
}

/**
 * A folder that generated files go to. A file appears by one rename, whole. What this run writes twice to one path is joined,
 * as the reference does it; what an earlier run left is replaced.
 */
export class OutputFolder {
  readonly #root: string;
  readonly #folders = new Set<string>();
  readonly #written = new Set<string>();

  constructor(root: string) {
    this.#root = resolve(root);
  }

  /** Throws GeneratorFileError, also for a path that leads out of the folder. */
  write(path: string, text: string): void {
    const file = resolve(this.#root, path);
    if (!file.startsWith(this.#root + sep))
      throw new GeneratorFileError(`open ${path}: leads out of the output folder`);
    const folder = dirname(file);
    if (!this.#folders.has(folder)) {
      attempt('mkdir', folder, () => mkdirSync(folder, { recursive: true, mode: 0o775 }));
      this.#folders.add(folder);
    }
    const whole = this.#written.has(file) ? readText(file) + text : text;
    const temporary = join(folder, `.${process.pid}.tmp`);
    try {
      attempt('open', file, () => {
        writeFileSync(temporary, whole, { mode: 0o600 });
        renameSync(temporary, file);
      });
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#written.add(file);
  }
}
