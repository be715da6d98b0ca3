import { identifyManifest, ManifestError, parseManifest, type Digest, type ParsedManifest } from '@longshore/oci';
import { StorageError, type StorageDriver } from '@longshore/storage';
import { blobData, digestFromNames, leasedBlob, leasedRevision, revisionLink, revisionsFolder } from '../layout.js';
import type { Leases } from '../leases.js';
import { children, getOrUndefined } from '../storage-access.js';
import { Backlinks } from './backlinks.js';
import type { CachedContent, ContentCache } from './content-cache.js';

/** Manifests, and which repository holds which: by a revision link, as distribution does. */
export class ManifestStore {
  readonly backlinks: Backlinks;

  constructor(
    private readonly driver: StorageDriver,
    private readonly leases: Leases,
    private readonly cache: ContentCache,
    private readonly maxBytes: number,
  ) {
    this.backlinks = new Backlinks(driver);
  }

  /** True when the repository holds the manifest. */
  async has(repository: string, digest: Digest): Promise<boolean> {
    return (await this.leases.look(leasedRevision(repository, digest))) !== undefined;
  }

  /** The manifest's size in bytes if `has`; and neither it nor its bytes will be collected for the time of a lease. */
  async lease(repository: string, digest: Digest): Promise<number | undefined> {
    const link = await this.leases.take(leasedRevision(repository, digest));
    return link && (await this.leases.take(leasedBlob(digest)))?.size;
  }

  /** The stored bytes and their media type; undefined when the repository does not hold the manifest. */
  async get(repository: string, digest: Digest): Promise<CachedContent | undefined> {
    return (await this.has(repository, digest)) ? this.content(digest) : undefined;
  }

  /**
   * The bytes of a manifest, whichever repository holds it; without a media type when they are no manifest. Undefined when
   * they are not there, or are more than a manifest may have.
   */
  async content(digest: Digest): Promise<CachedContent | undefined> {
    const cached = this.cache.get(digest);
    if (cached?.mediaType !== undefined) return cached;
    const bytes = await this.read(digest);
    if (!bytes) return undefined;
    const mediaType = mediaTypeOf(bytes);
    if (mediaType === undefined) return { bytes };
    this.cache.set(digest, { bytes, mediaType });
    return { bytes, mediaType };
  }

  /** The parsed manifest; undefined when the repository does not hold it or it is of a kind that we don't parse. */
  async parsed(repository: string, digest: Digest): Promise<ParsedManifest | undefined> {
    return (await this.has(repository, digest)) ? this.parsedAnywhere(digest) : undefined;
  }

  /** As `parsed`, whichever repository holds it. */
  async parsedAnywhere(digest: Digest): Promise<ParsedManifest | undefined> {
    const content = await this.content(digest);
    try {
      return content && parseManifest(content.bytes);
    } catch (error) {
      if (error instanceof ManifestError) return undefined; // schema 1, or stored by a server that checks less
      throw error;
    }
  }

  /** Stores a manifest whose references have been checked. */
  async put(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    await this.putContent(manifest, digest);
    await this.hold(repository, manifest, digest);
  }

  /** The first half of `put`: the bytes, which no repository holds yet. */
  async putContent({ raw, mediaType }: ParsedManifest, digest: Digest): Promise<void> {
    const bytes = Buffer.from(raw);
    await this.driver.put(blobData(digest), bytes);
    this.cache.set(digest, { bytes, mediaType });
  }

  /** The second half: lets a repository hold a manifest whose bytes are stored. */
  async hold(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    await this.backlinks.add(repository, manifest, digest);
    await this.driver.put(revisionLink(repository, digest), Buffer.from(digest));
    // Whoever deleted the same manifest just before may have taken the backlinks for its own.
    await this.backlinks.repair(repository, manifest, digest);
  }

  /** Takes away the backlinks of a manifest that was deleted, unless it has been pushed again. */
  async forget(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    await this.backlinks.remove(repository, manifest, digest);
    if (await this.has(repository, digest)) await this.backlinks.repair(repository, manifest, digest);
  }

  /** The digests of all manifests that the repository holds. */
  async *list(repository: string): AsyncGenerator<Digest> {
    const folder = revisionsFolder(repository);
    for await (const algorithm of children(this.driver, folder)) {
      for await (const hex of children(this.driver, `${folder}/${algorithm}`)) {
        const digest = digestFromNames(algorithm, hex);
        if (digest && (await this.has(repository, digest))) yield digest;
      }
    }
  }

  private async read(digest: Digest): Promise<Buffer | undefined> {
    try {
      return (
        (await getOrUndefined(this.driver, blobData(digest), this.maxBytes)) ??
        (await getOrUndefined(this.driver, `${leasedBlob(digest).condemned}/data`, this.maxBytes))
      );
    } catch (error) {
      if (error instanceof StorageError && error.code === 'FILE_TOO_LARGE') return undefined;
      throw error;
    }
  }
}

function mediaTypeOf(bytes: Buffer): string | undefined {
  try {
    return identifyManifest(bytes);
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}
