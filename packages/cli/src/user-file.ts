import { createReadStream } from 'node:fs';
import { access, lstat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CliError } from './cli-error.js';

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
 * Writes a file that the user names, in one step: the old one or the whole new one is there, also after a crash. What is no plain file,
 * as a link, a pipe or /dev/stdout, is written to where it stands. Errors: CopyError, those of the file system.
 */
export async function writeUserFile(path: string, content: Uint8Array | string, mode = 0o666): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) return writeFile(path, content);
  // Says what is wrong with a folder that is not there.
  await access(dirname(path));
  const { Folder } = await import('@longshore/distribution');
  await new Folder(dirname(path)).write(basename(path), content, stats === undefined ? mode : stats.mode & 0o777);
}
