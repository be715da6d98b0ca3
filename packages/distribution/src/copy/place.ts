import type { Hash } from 'node:crypto';
import type { Digest } from '@longshore/oci';
import type { ManifestRequest, RemoteManifest, Waiting } from '../client/remote-repository.js';
import type { ImageTree } from './image-tree.js';

/** A blob as manifests name it. */
export interface Blob {
  digest: Digest;
  size: number;
}

/** How a manifest is read: with `verify: false` its bytes may be others than those of the digest by which it is known. */
export type ManifestReading = Pick<ManifestRequest, 'signal' | 'verify'>;

/** One repository from which images are copied. Everything fails with CopyError or RemoteError, or the signal's reason. */
export interface ImageSource {
  /** In plans and messages: `quay.io/team/app`, `file://team/app`. */
  readonly name: string;
  /** What shares one line or disk: `quay.io`, a folder. */
  readonly store: string;
  /** A folder: `checkBlob` costs no request, so what is missing can be told before anything is copied. */
  readonly isLocal: boolean;
  /** The name by which targets of the same store can take blobs over from here. */
  readonly mountName: string | undefined;
  /** By tag or digest. Bytes that do not fit a digest are an error, unless they need not be verified. */
  manifest(reference: string, options: ManifestReading): Promise<RemoteManifest>;
  /** The digest under a tag, when the source tells it without sending the manifest. */
  peek(tag: string, options: Waiting): Promise<{ digest: Digest; mediaType: string } | undefined>;
  tags(options: Waiting): AsyncIterable<string>;
  /** Bytes from an offset on, as they come: the reader compares them with the digest. */
  openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>>;
  /** Fails when a blob is missing or has another size. */
  checkBlob(blob: Blob, options: Waiting): Promise<void>;
}

/** One repository to which images are copied. Everything fails with CopyError or RemoteError, or the signal's reason. */
export interface ImageTarget {
  /** In messages: `mirror.example.com/team/app`, `file://team/app`. */
  readonly name: string;
  readonly store: string;
  /** How plans write the store: `mirror.example.com/`, a folder. */
  readonly storeLabel: string;
  /** Inside the store: `team/app`. */
  readonly repository: string;
  /** A folder: nobody keeps it whole, so a manifest does not prove that its blobs are there. */
  readonly isLocal: boolean;
  /** Whether a blob of one repository can be given to another one of the store without its bytes. */
  readonly canLink: boolean;
  /** All repositories of the store have their blobs in one place, so that taking one over costs nothing, however small it is. */
  readonly sharesBlobs?: boolean;
  /** Whether nothing at all is here yet, so that nobody needs to ask for each part. */
  isNew?(options: Waiting): Promise<boolean>;
  /** The digest of the manifest that a tag or digest names here. */
  digestOf(reference: string, options: Waiting): Promise<Digest | undefined>;
  hasBlob(blob: Blob, options: Waiting): Promise<boolean>;
  /** Another repository of the store that has, or had, a blob. */
  knownElsewhere(blob: Blob): string | undefined;
  /** Takes a blob over from another repository of the store. False when that is not possible now. */
  linkBlob(blob: Blob, from: string, options: Waiting): Promise<boolean>;
  writeBlob(blob: Blob, options: Waiting): Promise<BlobSink>;
  /** What the manifest refers to must be there. Visible in one step. */
  putManifest(manifest: RemoteManifest, options: PutOptions): Promise<void>;
  /** Finds out whether it may be written to, before anything is read. */
  checkAccess?(options: Waiting): Promise<void>;
  /** Refuses what it could never hold, before anything is copied. Errors: CopyError INVALID. */
  checkImage?(image: ImageTree): void;
  /** Gives up what was begun for blobs that will not come: called when a copy ends early. Fails never. */
  abandon?(): Promise<void>;
  /** Of an archive, which becomes visible as a whole: called when all has been written, and nothing failed. */
  complete?(options: Waiting): Promise<void>;
}

export interface PutOptions extends Waiting {
  /** Without, it is written under its digest alone. */
  tag?: string | undefined;
  /** It is written because a list names it. */
  isChild: boolean;
}

/** A blob that is being written. It becomes visible by `finish`, to which the writer comes only when the digest fits. */
export interface BlobSink {
  /** Bytes that are there from an earlier run, and the hash of them. */
  readonly offset: number;
  readonly hash?: Hash;
  /** Forgets what is there. */
  restart(): Promise<void>;
  /** Takes bytes; they may be overwritten when it is done. Waits while the place is slower. */
  write(chunk: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Leaves nothing that can be seen; a file's beginning may stay, for the next run to go on with. */
  abort(): Promise<void>;
}

/**
 * Why a copy cannot be made. `INVALID` names and contents that no image has; `NOT_FOUND`; `DIGEST_MISMATCH` content that is not
 * what its digest says; `INCOMPLETE` an image of which a part is not there; `TOO_LARGE` more than is read; `NO_SPACE`; `LOCKED` another run writes there; `IO` the file system fails.
 */
export class CopyError extends Error {
  override readonly name = 'CopyError';

  constructor(
    readonly code:
      'INVALID' | 'NOT_FOUND' | 'DIGEST_MISMATCH' | 'INCOMPLETE' | 'TOO_LARGE' | 'NO_SPACE' | 'LOCKED' | 'IO',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What a failure of the file system is to the user. */
export function fileFailure(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof CopyError || typeof code !== 'string' || (error as Error).name === 'AbortError') return error;
  const cause = { cause: error };
  if (code === 'ENOENT') return new CopyError('NOT_FOUND', `${path}: no such file`, cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new CopyError('NO_SPACE', `${path}: no space is left`, cause);
  if (code === 'EFBIG')
    return new CopyError('NO_SPACE', `${path}: the file system does not hold so large a file`, cause);
  if (code === 'ELOOP') return new CopyError('INVALID', `${path}: is a link, and must be a file`, cause);
  return new CopyError('IO', `${path}: ${code}`, cause);
}
