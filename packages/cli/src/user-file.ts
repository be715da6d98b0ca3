import { randomUUID } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import { open, readlink, realpath, rename, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { CliError } from './cli-error.js';
import { systemWords } from './system-words.js';
import { withTemporaryFile } from './temporary-file.js';

/**
 * What a file holds that the user names; it may be a pipe, as a shell makes it. Errors: CliError for a file that cannot be read, and
 * for one with more than `maxBytes`, which is not read to its end.
 */
export function readUserFile(path: string, maxBytes: number): Promise<Buffer> {
  return readUserInput(createReadStream(path), path, maxBytes);
}

/** As {@link readUserFile}, of a stream such as standard input. */
export async function readUserInput(input: AsyncIterable<unknown>, name: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const data of input as AsyncIterable<Buffer | string>) {
      const chunk = Buffer.from(data);
      length += chunk.byteLength;
      if (length > maxBytes) throw new CliError(`${name}: has more than the ${maxBytes} bytes that are read`, 2);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError((error as Error).message, 2, { cause: error });
  }
  return Buffer.concat(chunks, length);
}

/**
 * Why a file that may be written cannot be exchanged: its folder may not be changed, its owner cannot be given to another file (EINVAL
 * when this user namespace does not know them), it is a mount of its own.
 */
const CANNOT_EXCHANGE = ['EACCES', 'EBUSY', 'EINVAL', 'EPERM', 'EROFS'];

/**
 * Writes a file that the user names, in one step: the old one or the whole new one is there, also after a crash. Links are followed;
 * owner and rights of an old file stay. Written to where it stands is what is no plain file, as a pipe or /dev/stdout, and what cannot
 * be exchanged. Errors: CliError.
 */
export async function writeUserFile(path: string, content: Uint8Array | string, mode = 0o666): Promise<void> {
  try {
    const old = await openPresent(path);
    if (old === undefined) await exchange((await behindLinks(path)) ?? path, content, mode);
    else await replace(old, path, content).finally(() => old.close());
  } catch (error) {
    throw new CliError(`failed to write ${path}: ${systemWords(error, path)}`, 1, { cause: error });
  }
}

async function openPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_WRONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function replace(old: FileHandle, path: string, content: Uint8Array | string): Promise<void> {
  const stats = await old.stat();
  if (stats.isFile()) {
    const target = await behindLinks(path);
    if (target !== undefined && (await canExchange(target, content, stats))) return;
    await old.truncate();
  }
  await old.writeFile(content);
}

/** Where links lead. Undefined for those of /proc, and so for /dev/stdout: they lead to an open file, which others have open too. */
async function behindLinks(path: string): Promise<string | undefined> {
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined) return path;
  const folder = await realpath(dirname(path));
  if (folder.startsWith('/proc/')) return undefined;
  return behindLinks(isAbsolute(link) ? link : `${folder}/${link}`);
}

async function canExchange(path: string, content: Uint8Array | string, old: Stats): Promise<boolean> {
  try {
    await exchange(path, content, old);
    return true;
  } catch (error) {
    if (CANNOT_EXCHANGE.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** A new file gets the rights that are given, less those that the process withholds; one that there was gives all of its own. */
async function exchange(path: string, content: Uint8Array | string, rights: number | Stats): Promise<void> {
  const temporary = `${dirname(path)}/.longshore-${randomUUID()}.tmp`;
  await withTemporaryFile(temporary, async () => {
    const file = await open(temporary, 'wx', typeof rights === 'number' ? rights : 0o600);
    try {
      await file.writeFile(content);
      if (typeof rights !== 'number') await keepOwnerAndMode(file, rights);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  });
}

/** Gives a file that is to take the place of another one the owner and the rights of that. */
export async function keepOwnerAndMode(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const now = await file.stat();
  if (now.uid !== uid || now.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode & 0o777);
}
