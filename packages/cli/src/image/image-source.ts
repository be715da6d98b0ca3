import type { Digest } from '@longshore/oci';

/** A manifest, under the digest by which the source knows it. Without verification its bytes may have another. */
export interface SourceManifest {
  bytes: Uint8Array;
  digest: Digest;
}

/** From where the parts of one image are read. Errors: CliError, RemoteError. */
export interface ImageSource {
  /** By tag or digest. */
  manifest(reference: string, signal: AbortSignal): Promise<SourceManifest>;
  /** A whole blob of at most `maxBytes`. */
  smallBlob(digest: Digest, maxBytes: number, signal: AbortSignal): Promise<Buffer>;
}

/** A configuration is a few kilobytes; what is larger is not read. */
export const LARGEST_CONFIG = 4 * 1024 * 1024;
export const LARGEST_MANIFEST = 4 * 1024 * 1024;
