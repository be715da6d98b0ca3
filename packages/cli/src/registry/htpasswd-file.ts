import { open, readFile, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import type { HtpasswdError } from '@longshore/registry/htpasswd';
import { CliError } from '../cli-error.js';
import { keepOwnerAndMode } from '../user-file.js';

/** The text of an htpasswd file. Errors: CliError when there is none. */
export async function readHtpasswd(file: string): Promise<string> {
  const text = await readIfPresent(file);
  if (text === undefined) throw new CliError(`there is no file ${file}; "longshore registry user add" makes it`);
  return text;
}

/**
 * Replaces an htpasswd file in one step by what `change` makes of its text (undefined: there is no file yet). Owner and
 * mode stay; a new file is readable by its owner alone. The next text is written to a file beside, which also keeps others
 * from changing the file meanwhile. Errors: CliError; those of `change` and of the file system.
 */
export async function changeHtpasswd(file: string, change: (text: string | undefined) => string): Promise<void> {
  const path = await realpath(file).catch(() => file);
  const beside = `${path}.new`;
  const handle = await createBeside(beside);
  try {
    await handle.writeFile(change(await readIfPresent(path)));
    // The registry often runs as another user than the administrator, and must go on reading the file.
    const before = await stat(path).catch(() => undefined);
    if (before !== undefined) await keepOwnerAndMode(handle, before);
    await handle.sync();
    await rename(beside, path);
  } catch (error) {
    await unlink(beside);
    throw named(error, file);
  } finally {
    await handle.close();
  }
}

/** Puts the file's name before what is wrong in it. */
export function named(error: unknown, file: string): unknown {
  const { code, message } = error as HtpasswdError;
  return code === 'HTPASSWD_INVALID' ? new CliError(`${file}: ${message}`, 1, { cause: error }) : error;
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function createBeside(beside: string): Promise<FileHandle> {
  try {
    return await open(beside, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const remedy = 'somebody else is changing the users; try again, and remove the file if nobody is';
    throw new CliError(`${beside} is there: ${remedy}`, 1, { cause: error });
  }
}
