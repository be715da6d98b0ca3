import type { Digest } from '@longshore/oci';
import type { BlobStore, HeldBlob } from '../blobs/blob-store.js';
import type { CachedContent } from '../manifests/content-cache.js';
import type { ManifestStore } from '../manifests/manifest-store.js';

/** Says what belongs to a repository although it has no link to it in storage. */
export interface Listing {
  lists(repository: string, digest: Digest): Promise<boolean>;
  /** Hears that something was deleted: what was listed may be listed no more. */
  changed(repository: string): void;
}

/**
 * What the storage has of what a repository offers: that to which the repository has a link, and what is listed for it
 * otherwise. The second is asked for only when the storage has it.
 */
export class Contents {
  constructor(
    private readonly blobs: BlobStore,
    private readonly manifests: ManifestStore,
    private readonly listing: Listing | undefined,
  ) {}

  async blob(repository: string, digest: Digest): Promise<HeldBlob | undefined> {
    return (
      (await this.blobs.find(repository, digest)) ??
      (await this.listed(repository, digest, () => this.blobs.findAnywhere(digest)))
    );
  }

  /** As `blob`, and it will not be collected for the time of a lease. */
  async leaseBlob(repository: string, digest: Digest): Promise<HeldBlob | undefined> {
    return (
      (await this.blobs.lease(repository, digest)) ??
      (await this.listed(repository, digest, () => this.blobs.leaseAnywhere(digest)))
    );
  }

  /** `isListed`: the caller knows that it is, so that no link of the repository need be looked for. */
  async manifest(repository: string, digest: Digest, isListed = false): Promise<CachedContent | undefined> {
    if (isListed) return this.manifests.content(digest);
    const held = await this.manifests.get(repository, digest);
    return held ?? this.listed(repository, digest, () => this.manifests.content(digest));
  }

  /** The size of a manifest in bytes; it will not be collected for the time of a lease. */
  async leaseManifest(repository: string, digest: Digest): Promise<number | undefined> {
    const held = await this.manifests.lease(repository, digest);
    return held ?? (await this.listed(repository, digest, () => this.blobs.leaseAnywhere(digest)))?.size;
  }

  /** Whether it is listed, wherever its content is. */
  async isListed(repository: string, digest: Digest): Promise<boolean> {
    return (await this.listing?.lists(repository, digest)) ?? false;
  }

  /** Something of the repository was deleted. */
  changed(repository: string): void {
    this.listing?.changed(repository);
  }

  private async listed<T>(repository: string, digest: Digest, look: () => Promise<T | undefined>) {
    const found = this.listing && (await look());
    return found && (await this.listing.lists(repository, digest)) ? found : undefined;
  }
}
