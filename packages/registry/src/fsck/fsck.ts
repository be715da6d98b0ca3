import { digestAlgorithm, referencedBlobs, type Digest } from '@longshore/oci';
import { isNotFound, type StorageDriver } from '@longshore/storage';
import type { BlobStore } from '../blobs/blob-store.js';
import { blobDigests } from '../gc/digests-in-storage.js';
import { blobData, blobFolder, flatDigest, leasedBlob, QUARANTINE } from '../layout.js';
import type { Leases } from '../leases.js';
import type { ManifestStore } from '../manifests/manifest-store.js';
import { repositories } from '../repositories/catalog.js';
import { moveIfPresent, statOrUndefined } from '../storage-access.js';
import type { TagStore } from '../tags/tag-store.js';
import type { Tombstones } from '../tags/tombstones.js';
import { hashFile, type Hashing } from '../uploads/hash-file.js';

export type Finding =
  /** The bytes have another digest. */
  | { kind: 'blob-corrupt'; digest: Digest; actual: Digest; quarantined: boolean }
  /** A manifest of the repository has no bytes, or refers to a blob or manifest that the repository does not hold. */
  | { kind: 'content-missing'; repository: string; manifest: Digest; missing: Digest }
  /** A tag points to a manifest that the repository does not hold. */
  | { kind: 'tag-dangling'; repository: string; tag: string };

export interface FsckOptions {
  /** Move corrupt blobs out of the way. */
  quarantine: boolean;
  onFinding?: (finding: Finding) => void;
  onProgress?: (progress: FsckProgress) => void;
  signal?: AbortSignal;
}

export interface FsckProgress {
  bytes: number;
  totalBytes: number;
  blobs: number;
  totalBlobs: number;
}

export interface FsckReport {
  blobs: number;
  bytes: number;
  repositories: number;
  findings: Finding[];
}

export interface FsckParts {
  driver: StorageDriver;
  leases: Leases;
  blobs: BlobStore;
  manifests: ManifestStore;
  tags: TagStore;
  tombstones: Tombstones;
  hashing: Hashing;
  /** Whether indexes of a repository may list what it does not hold. */
  isSparse: (repository: string) => boolean;
}

/** Reads every blob again and compares it with its digest; then checks that tags and manifests find their content. */
export async function fsck(parts: FsckParts, options: FsckOptions): Promise<FsckReport> {
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    findings.push(finding);
    options.onFinding?.(finding);
  };
  const { blobs, bytes } = await checkBlobs(parts, options, found);
  let count = 0;
  for await (const repository of repositories(parts.driver)) {
    options.signal?.throwIfAborted();
    count++;
    await checkRepository(parts, repository, found);
  }
  return { blobs, bytes, repositories: count, findings };
}

async function checkBlobs(parts: FsckParts, options: FsckOptions, found: (finding: Finding) => void) {
  const { driver } = parts;
  const progress: FsckProgress = { bytes: 0, totalBytes: 0, blobs: 0, totalBlobs: 0 };
  for await (const digest of blobDigests(driver)) {
    const info = await statOrUndefined(driver, blobData(digest));
    progress.totalBytes += info?.size ?? 0;
    progress.totalBlobs += info ? 1 : 0;
  }
  for await (const digest of blobDigests(driver)) {
    options.signal?.throwIfAborted();
    const actual = await hashBlob(parts, digest, (bytes) => {
      progress.bytes += bytes;
      options.onProgress?.(progress);
    });
    if (!actual) continue;
    progress.blobs++;
    if (actual === digest) continue;
    const quarantined = options.quarantine && (await quarantine(driver, digest));
    found({ kind: 'blob-corrupt', digest, actual, quarantined });
  }
  options.onProgress?.(progress);
  return progress;
}

/** Undefined when the blob is not there: the registry may be serving, and a collector at work. */
async function hashBlob({ driver, hashing }: FsckParts, digest: Digest, onBytes: (bytes: number) => void) {
  try {
    return await hashFile(driver, blobData(digest), digestAlgorithm(digest), hashing, onBytes);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function quarantine(driver: StorageDriver, digest: Digest): Promise<boolean> {
  return moveIfPresent(driver, blobFolder(digest), `${QUARANTINE}/${flatDigest(digest)}.${Date.now()}`);
}

async function checkRepository(parts: FsckParts, repository: string, found: (finding: Finding) => void) {
  const { manifests, tags, tombstones } = parts;
  for await (const digest of manifests.list(repository)) {
    for await (const missing of missingContent(parts, repository, digest)) {
      if (!(await manifests.has(repository, digest))) break; // deleted meanwhile
      found({ kind: 'content-missing', repository, manifest: digest, missing });
    }
  }
  for (const tag of (await tags.list(repository)) ?? []) {
    const digest = await tags.resolve(repository, tag);
    const fine = digest && ((await manifests.has(repository, digest)) || (await tombstones.has(repository, digest)));
    if (!fine) found({ kind: 'tag-dangling', repository, tag });
  }
}

/** What the manifest refers to and the repository does not hold: by a link, and the bytes behind it. */
async function* missingContent({ blobs, manifests, leases, isSparse }: FsckParts, repository: string, digest: Digest) {
  if (!(await leases.look(leasedBlob(digest)))) {
    yield digest;
    return;
  }
  const manifest = await manifests.parsed(repository, digest);
  for (const blob of manifest ? referencedBlobs(manifest) : []) {
    if (!(await blobs.find(repository, blob.digest))) yield blob.digest;
  }
  if (isSparse(repository)) return;
  for (const child of manifest?.manifests ?? []) {
    if (!(await manifests.has(repository, child.digest))) yield child.digest;
  }
}
