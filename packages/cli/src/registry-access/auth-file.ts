import { mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DockerCredentials } from '@longshore/distribution';
import { CliError } from '../cli-error.js';

/** Long enough for whoever writes such a file, short enough for whoever waits at a terminal. */
const LONGEST_WAIT_MS = 5000;
const WAIT_MS = 50;
const LARGEST_FILE = 1024 * 1024;

/** What is in a file with credentials, which must be there. Errors: CliError, which never quotes the file. */
export async function parseAuthFile(file: string): Promise<DockerCredentials> {
  const { parseDockerConfig } = await import('@longshore/distribution');
  const text = await readIfPresent(file);
  if (text === undefined) throw new CliError(`there is no file ${file}`);
  return naming(file, () => parseDockerConfig(text));
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).size <= LARGEST_FILE) return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CliError(`${file} cannot be read: ${code}`, 1, { cause: error });
  }
  throw new CliError(`${file} is larger than 1 MiB, which is no file of credentials`);
}

/**
 * Writes a file with credentials in one step, readable by its owner alone (mirror.md 4), as `change` makes it of the text of
 * `from`, else of its own; undefined: there is none. Who changes it at the same time waits. Errors: CliError, those of `change`
 * with the name of the file.
 */
export async function changeAuthFile(
  file: string,
  change: (text: string | undefined) => string,
  from: string = file,
): Promise<void> {
  const { writePrivateFile } = await import('@longshore/kube/private-file');
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await locked(file, async () => {
      const text = await readIfPresent(from);
      await writePrivateFile(
        await realpath(file).catch(() => file),
        naming(from, () => change(text)),
      );
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CliError(`${file} cannot be written: ${code}; name another file`, 1, { cause: error });
  }
}

function naming<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file}: ${(error as Error).message}`, 1, { cause: error });
  }
}

async function locked(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`;
  for (let waited = 0; ; waited += WAIT_MS) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (waited >= LONGEST_WAIT_MS) {
        throw new CliError(`${lock} is there: another program writes it, or was killed while it did; remove it then`);
      }
      await delay(WAIT_MS);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}
