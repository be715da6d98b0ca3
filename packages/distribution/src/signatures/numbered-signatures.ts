import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { digestAlgorithm, digestHex, type Digest } from '@longshore/oci';

/** More than this is no signature (mirror.md 1.6). */
export const LARGEST_SIGNATURE = 50 * 1024;

export interface NumberedSignaturesOptions {
  /** A URL of http, https or file. */
  base: string;
  /** Below the base, for stores of many repositories: `team/app`. */
  repository?: string;
  /** Signatures with a higher number are not asked for. */
  most: number;
  /** Reads a URL of http or https, at most {@link LARGEST_SIGNATURE} bytes; undefined when nothing is there. */
  readUrl: (url: string) => Promise<Uint8Array | undefined>;
  signal: AbortSignal;
}

/**
 * The signatures of a digest in a store of numbered files, `ALGORITHM=HEX/signature-N` or `REPOSITORY@ALGORITHM=HEX/signature-N`,
 * until the first number that is not there (mirror.md 1.6). One that cannot be read is passed over; its error is thrown at the
 * end. Errors: those of reading, RangeError for a file that is too large.
 */
export async function* numberedSignatures(
  digest: Digest,
  { base, repository, most, readUrl, signal }: NumberedSignaturesOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const prefix = repository === undefined ? '' : `${repository}@`;
  const folder = `${base.replace(/\/+$/, '')}/${prefix}${digestAlgorithm(digest)}=${digestHex(digest)}`;
  const read = base.startsWith('file:') ? readSmallFile : readUrl;
  const problems: unknown[] = [];
  for (let number = 1; number <= most; number += 1) {
    try {
      const bytes = await read(`${folder}/signature-${number}`);
      if (bytes === undefined) break;
      if (bytes.byteLength > 0) yield bytes;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
}

async function readSmallFile(url: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(fileURLToPath(url));
    try {
      const buffer = Buffer.alloc(LARGEST_SIGNATURE + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LARGEST_SIGNATURE) throw new RangeError(`${url} is too large for a signature`);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
