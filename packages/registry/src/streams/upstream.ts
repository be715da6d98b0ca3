import type { TagEvent } from '@longshore/kube';
import type { Digest } from '@longshore/oci';
import type { FileReader } from '@longshore/storage';

/** What a HEAD of a manifest tells. */
export interface ManifestFacts {
  mediaType: string;
  /** In bytes. */
  size: number;
}

export interface UpstreamManifest {
  bytes: Buffer;
  mediaType: string;
}

/** The request of a client on whose behalf upstream is asked. */
export interface AskingRequest {
  /** Aborts when the client has left. */
  signal: AbortSignal;
  /** A header of it, by its name in lower case. */
  header(name: string): string | undefined;
}

/**
 * Asked for what a repository may offer and the storage does not have (registry.md 4.1). The caller has checked the right to
 * pull, and that the storage does not have it. All answer undefined where the stream of the repository names no other
 * registry, or is not there; those that fetch nothing also where upstream does not have it. Errors: RegistryError (OPENSHIFT_PULLTHROUGH_MANIFEST, BLOB_UNKNOWN, TOOMANYREQUESTS, UNAVAILABLE);
 * the signal's reason.
 */
export interface Upstream {
  /** The bytes, checked against the digest; kept in the storage where that is allowed. */
  manifest(repository: string, digest: Digest, request: AskingRequest): Promise<UpstreamManifest | undefined>;
  /** Without fetching more than that. */
  statManifest(repository: string, digest: Digest, request: AskingRequest): Promise<ManifestFacts | undefined>;
  /** Opens a blob for reading; the reader's caller closes it. */
  blob(repository: string, digest: Digest, request: AskingRequest): Promise<FileReader | undefined>;
  /** Its size in bytes, without fetching it. */
  statBlob(repository: string, digest: Digest, request: AskingRequest): Promise<number | undefined>;
  /** What a tag of the repository's stream has pointed to, the newest first. */
  history(repository: string, tag: string): Promise<readonly TagEvent[]>;
}

const nothing = () => Promise.resolve(undefined);

/** The upstream of a registry that stands alone: there is none. */
export const NO_UPSTREAM: Upstream = {
  manifest: nothing,
  statManifest: nothing,
  blob: nothing,
  statBlob: nothing,
  history: () => Promise.resolve([]),
};
