import { createReadStream } from 'node:fs';
import { CliError } from './cli-error.js';

/**
 * What a file holds that the user names; it may be a pipe, as a shell makes it. Errors: CliError for a file that cannot be read, and
 * for one with more than `maxBytes`, which is not read to its end.
 */
export async function readUserFile(path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      if (length > maxBytes) throw new CliError(`${path}: has more than the ${maxBytes} bytes that are read`, 2);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError((error as Error).message, 2, { cause: error });
  }
  return Buffer.concat(chunks, length);
}
