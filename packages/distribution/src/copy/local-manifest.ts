import {
  digestAlgorithm,
  digestOf,
  identifyManifest,
  isManifestMediaType,
  isSchema1MediaType,
  ManifestError,
} from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { CopyError } from './place.js';
import type { ManifestReading } from './place.js';

/** What matters of it where nothing is waited for. */
export type LocalReading = Pick<ManifestReading, 'verify'>;

export const LARGEST_MANIFEST = 4 * 1024 * 1024;

/**
 * Checks the bytes of a manifest that stands in a file against its digest; without, computes it.
 *
 * @throws {CopyError} DIGEST_MISMATCH, INVALID
 */
export function readLocalManifest(
  bytes: Uint8Array,
  where: string,
  digest?: Digest,
  { verify = true }: LocalReading = {},
): RemoteManifest {
  const actual = digestOf(bytes, digest === undefined ? 'sha256' : digestAlgorithm(digest));
  if (verify && digest !== undefined && digest !== actual) {
    throw new CopyError('DIGEST_MISMATCH', `${where}: the file has other content than ${digest}: ${actual}`);
  }
  return { bytes, digest: digest ?? actual, mediaType: mediaTypeOf(bytes, where) };
}

/** Reads what a name leads to. Errors: those of reading; INCOMPLETE when the name is there, and what it leads to is not. */
export async function readNamed(name: string, read: () => Promise<RemoteManifest>): Promise<RemoteManifest> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CopyError) || error.code !== 'NOT_FOUND') throw error;
    throw new CopyError('INCOMPLETE', `${name}: what it names is missing: ${error.message}`, { cause: error });
  }
}

/** The digest of a manifest; undefined for one that is missing or spoilt, and so has to be written. */
export async function digestIfWhole(read: () => Promise<RemoteManifest>): Promise<Digest | undefined> {
  try {
    return (await read()).digest;
  } catch (error) {
    if (error instanceof CopyError && SPOILT.has(error.code)) return undefined;
    throw error;
  }
}

const SPOILT: ReadonlySet<string> = new Set(['NOT_FOUND', 'INCOMPLETE', 'INVALID', 'DIGEST_MISMATCH', 'TOO_LARGE']);

function mediaTypeOf(bytes: Uint8Array, where: string): string {
  let mediaType: string;
  try {
    mediaType = identifyManifest(bytes);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new CopyError('INVALID', `${where}: is not a manifest: ${error.message}`, { cause: error });
  }
  if (isSchema1MediaType(mediaType) || !isManifestMediaType(mediaType)) {
    throw new CopyError(
      'INVALID',
      `${where}: ${mediaType} is not a manifest that can be copied; push the image again as OCI or Docker schema 2`,
    );
  }
  return mediaType;
}
