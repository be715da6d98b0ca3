import { childManifests, referencedBlobs, RegistryError, type Digest, type ParsedManifest } from '@longshore/oci';

/** Sizes of what a repository holds; undefined for what it does not. Asking takes a lease. */
export interface Holdings {
  blobSize(digest: Digest): Promise<number | undefined>;
  manifestSize(digest: Digest): Promise<number | undefined>;
}

/** What a manifest may refer to that its repository does not hold. */
export interface ReferenceRules {
  urls: UrlPolicy;
  /** Whether an index may list manifests that are not there, as of platforms that were not mirrored. */
  sparse: boolean;
}

/** Which URLs the layers of a manifest may name (`validation.manifests.urls`). Without `allow`, any that is not denied. */
export interface UrlPolicy {
  allow: readonly ((url: string) => boolean)[];
  deny: readonly ((url: string) => boolean)[];
}

/**
 * Checks what a manifest refers to (reference registry 1.7): each blob and each listed manifest is in the repository and
 * has the size that the manifest says. A subject may be missing, and so may layers that stay at their publisher's site and,
 * where indexes may be sparse, listed manifests.
 * Errors: MANIFEST_BLOB_UNKNOWN with the first missing digest, MANIFEST_INVALID with both sizes or the URL.
 */
export async function checkReferences(
  manifest: ParsedManifest,
  holdings: Holdings,
  { urls, sparse }: ReferenceRules,
): Promise<void> {
  for (const url of manifest.layers.flatMap((layer) => layer.urls ?? [])) checkUrl(url, urls);
  for (const { digest, size } of referencedBlobs(manifest)) {
    checkSize(digest, size, await holdings.blobSize(digest));
  }
  for (const { digest, size } of childManifests(manifest)) {
    const actual = await holdings.manifestSize(digest);
    if (actual !== undefined || !sparse) checkSize(digest, size, actual);
  }
}

function checkSize(digest: Digest, stated: number, actual: number | undefined): void {
  if (actual === undefined) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', { detail: { digest } });
  if (actual === stated) return;
  throw new RegistryError('MANIFEST_INVALID', {
    message: 'the manifest states another size than its content has',
    detail: { digest, stated, actual },
  });
}

function checkUrl(url: string, { allow, deny }: UrlPolicy): void {
  const allowed = allow.length === 0 || allow.some((matches) => matches(url));
  if (allowed && !deny.some((matches) => matches(url))) return;
  throw new RegistryError('MANIFEST_INVALID', {
    message: 'the URL of a layer is not allowed here',
    detail: { url: url.slice(0, 512) },
  });
}
