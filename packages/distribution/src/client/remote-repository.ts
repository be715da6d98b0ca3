import type { Readable } from 'node:stream';
import type { Digest } from '@longshore/oci';
import type { RepositoryName } from '../repository-name.js';

/** A manifest as it came, with its digest checked or computed. */
export interface RemoteManifest {
  bytes: Uint8Array;
  mediaType: string;
  digest: Digest;
  /** For `ManifestRequest.etag` the next time. */
  etag?: string;
}

export interface Waiting {
  signal: AbortSignal;
}

export interface ManifestRequest extends Waiting {
  /** Answer `not-modified` when the server's manifest still has this ETag. */
  etag?: string;
  /** Default 4 MiB. */
  maxBytes?: number;
  /** Whether the bytes must fit the digest. Default true; without, the caller compares. */
  verify?: boolean;
}

export interface BlobRequest extends Waiting {
  /** The offset of the first byte. Default 0. */
  start?: number;
  /** Whether the bytes must fit the digest, when read from 0. Default true. */
  verify?: boolean;
}

/** What can be asked of a repository. Everything fails with RemoteError, or with the signal's reason. */
export interface RemoteRepository {
  readonly name: RepositoryName;
  /** Reads a manifest by tag or digest. Bytes that do not fit a digest are DIGEST_MISMATCH. */
  manifest(reference: string, options: ManifestRequest & { etag: string }): Promise<RemoteManifest | 'not-modified'>;
  manifest(reference: string, options: ManifestRequest & { etag?: undefined }): Promise<RemoteManifest>;
  manifest(reference: string, options: ManifestRequest): Promise<RemoteManifest | 'not-modified'>;
  /** Asks for a manifest's headers only. */
  statManifest(reference: string, options: Waiting): Promise<{ digest?: Digest; mediaType: string; size?: number }>;
  /**
   * Streams a blob. A broken connection is taken up again where it broke. `size` is the whole blob's. The stream fails rather
   * than ends when the bytes do not fit the digest (when read from 0) or the size.
   */
  blob(digest: Digest, options: BlobRequest): Promise<{ size: number; body: Readable }>;
  statBlob(digest: Digest, options: Waiting): Promise<{ size: number }>;
  /** All tags, page by page, in the order of the server. */
  tags(options: Waiting): AsyncIterable<string>;
}
