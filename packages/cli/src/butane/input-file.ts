import { open } from 'node:fs/promises';
import { MAX_INPUT_BYTES } from '@longshore/ignition';
import { CliError } from '../cli-error.js';
import { systemWords } from '../system-words.js';

/** What was read, and how to call it. */
export interface InputFile {
  name: string;
  /** One byte more than is allowed, when the input is larger. */
  bytes: Buffer;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a file, or standard input when none is named. No more is read than a config may have, whatever the input. Throws
 * {@link CliError} when the file cannot be read.
 */
export async function readInputFile(path: string | undefined): Promise<InputFile> {
  const name = path ?? '<stdin>';
  try {
    if (path === undefined) return { name, bytes: await readAll(process.stdin) };
    const file = await open(path);
    try {
      return { name, bytes: await readAll(file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false })) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CliError(`failed to read ${name}: ${systemWords(error, name)}`, 1, { cause: error });
  }
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = MAX_INPUT_BYTES + 1;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk).subarray(0, left);
    chunks.push(bytes);
    left -= bytes.length;
    if (left === 0) break;
  }
  return Buffer.concat(chunks);
}
