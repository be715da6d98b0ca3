import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { digestAlgorithm, digestHex, type Digest } from '@longshore/oci';
import { fetchBytes, HttpError, type HttpOptions } from '../http/fetch-bytes.js';
import { SignatureError } from './signature-error.js';

/** Gives the signatures that there may be of a digest, in the order in which to try. Errors: SignatureError UNAVAILABLE. */
export type SignatureStore = (digest: Digest, options: HttpOptions) => AsyncIterable<Uint8Array>;

const MOST_SIGNATURES = 9;
const LARGEST_SIGNATURE = 50 * 1024;

/** A store below a URL of http, https or file (mirror.md 1.6): `ALGORITHM=HEX/signature-N`. */
export function urlStore(base: string): SignatureStore {
  const isFile = base.startsWith('file:');
  return async function* (digest, options) {
    let problem: Error | undefined;
    for (let number = 1; number <= MOST_SIGNATURES; number += 1) {
      const name = `${digestAlgorithm(digest)}=${digestHex(digest)}/signature-${number}`;
      const url = `${base.replace(/\/+$/, '')}/${name}`;
      try {
        const bytes = await (isFile ? readSmallFile(url) : readUrl(url, options));
        if (bytes === undefined) break;
        if (bytes.byteLength > 0) yield bytes;
      } catch (error) {
        options.signal.throwIfAborted();
        problem ??= error as Error;
      }
    }
    if (problem !== undefined) {
      throw new SignatureError('UNAVAILABLE', `signatures of ${base} cannot be read: ${problem.message}`, {
        cause: problem,
      });
    }
  };
}

/** Signatures that were read from a ConfigMap. */
export function memoryStore(signatures: ReadonlyMap<Digest, readonly Uint8Array[]>): SignatureStore {
  return async function* (digest) {
    await Promise.resolve();
    yield* signatures.get(digest) ?? [];
  };
}

async function readUrl(url: string, options: HttpOptions): Promise<Uint8Array | undefined> {
  try {
    return await fetchBytes(url, { ...options, maxBytes: LARGEST_SIGNATURE });
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
}

async function readSmallFile(url: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(fileURLToPath(url));
    try {
      const buffer = Buffer.alloc(LARGEST_SIGNATURE + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LARGEST_SIGNATURE) throw new SignatureError('INVALID', `${url} is too large for a signature`);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
