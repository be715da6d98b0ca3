import { LARGEST_SIGNATURE, numberedSignatures } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { fetchBytes, HttpError, type HttpOptions } from '../http/fetch-bytes.js';
import { SignatureError } from './signature-error.js';

/** Gives the signatures that there may be of a digest, in the order in which to try. Errors: SignatureError UNAVAILABLE. */
export type SignatureStore = (digest: Digest, options: HttpOptions) => AsyncIterable<Uint8Array>;

const MOST_SIGNATURES = 9;

/** A store below a URL of http, https or file (mirror.md 1.6): `ALGORITHM=HEX/signature-N`. */
export function urlStore(base: string): SignatureStore {
  return async function* (digest, options) {
    const { signal } = options;
    const readUrl = (url: string) => readIfThere(url, options);
    try {
      yield* numberedSignatures(digest, { base, most: MOST_SIGNATURES, readUrl, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new SignatureError('UNAVAILABLE', `signatures of ${base} cannot be read: ${(error as Error).message}`, {
        cause: error,
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

async function readIfThere(url: string, options: HttpOptions): Promise<Uint8Array | undefined> {
  try {
    return await fetchBytes(url, { ...options, maxBytes: LARGEST_SIGNATURE });
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
}
