import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeTextFile, MAX_FILE_BYTES, TextFileError, tooLarge } from '@longshore/edge';
import { CliError } from '../cli-error.js';

/** More files than a checkout of ten thousand sites has. */
const MAX_FILES = 100_000;
const SKIPPED = new Set(['.git', 'node_modules']);

/**
 * The text of a file; a file that is too large is not read at all, and one that grows meanwhile no further.
 * @throws TextFileError for what is no text, CliError for what cannot be read
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES) throw new TextFileError(tooLarge(size));
      const buffer = Buffer.alloc(Math.min(MAX_FILE_BYTES, Math.max(size, 4096)) + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        length += bytesRead;
        if (bytesRead === 0) return decodeTextFile(buffer.subarray(0, length));
        if (length === buffer.length) throw new TextFileError('the file grew while it was read');
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TextFileError) throw error;
    throw new CliError(`cannot read ${path}: ${reasonOf(error)}`, 1, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
};

/**
 * The files below folders whose names end in one of the extensions, and the files named themselves, in a stable order. Links
 * are not followed.
 */
export async function filesBelow(paths: readonly string[], extensions: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await entriesOf(folder);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) await visit(path);
      else if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) found.push(path);
      if (found.length > MAX_FILES)
        throw new CliError(`there are more than ${MAX_FILES} files below ${paths.join(', ')}`);
    }
  };
  for (const path of paths) {
    if (await isFolder(path)) await visit(path);
    else found.push(path);
  }
  return [...new Set(found)];
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new CliError(`cannot read ${folder}: ${reasonOf(error)}`, 1, { cause: error });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${reasonOf(error)}`, 1, { cause: error });
  }
}
