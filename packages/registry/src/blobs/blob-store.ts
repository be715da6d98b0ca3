import { isDigest, type Digest } from '@longshore/oci';
import type { FileInfo, FileReader, StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import { blobData, layerLink, layersFolder, leasedBlob, leasedLayerLink } from '../layout.js';
import type { Leased, Leases } from '../leases.js';
import { deleteIfPresent, getOrUndefined, statOrUndefined } from '../storage-access.js';

const MAX_LINK_BYTES = 1024;
const MAX_REMEMBERED = 10_000;

/** A blob that a repository holds. */
export interface HeldBlob {
  /** In bytes. */
  size: number;
  /** The digest under which its data lies: another one than asked for when the blob has two names. */
  content: Digest;
}

/**
 * Blobs, and which repository holds which. A repository holds a blob when it has a link to it and the data is there: a
 * link alone (left by a collector of docker-registry, say) is no proof.
 *
 * A blob may have a second name: a link whose text is the digest under which the data lies. That is how distribution does
 * it: there each blob lies under its sha256, whatever it was pushed as.
 */
export class BlobStore {
  /** The repository that was last seen to hold a blob. */
  private readonly holders = new LRUCache<Digest, string>({ maxSize: MAX_REMEMBERED, sizeCalculation: () => 1 });

  constructor(
    private readonly driver: StorageDriver,
    private readonly leases: Leases,
  ) {}

  /** A blob that the repository holds, or undefined. */
  find(repository: string, digest: Digest): Promise<HeldBlob | undefined> {
    return this.held(repository, digest, (leased) => this.leases.look(leased));
  }

  /** As `find`, and the blob will not be collected for the time of a lease: for whoever will rely on it. */
  lease(repository: string, digest: Digest): Promise<HeldBlob | undefined> {
    return this.held(repository, digest, (leased) => this.leases.take(leased));
  }

  /** A blob whichever repository holds it, or undefined. */
  findAnywhere(digest: Digest): Promise<HeldBlob | undefined> {
    return heldAs(digest, this.leases.look(leasedBlob(digest)));
  }

  /** As `findAnywhere`, and the blob will not be collected for the time of a lease. */
  leaseAnywhere(digest: Digest): Promise<HeldBlob | undefined> {
    return heldAs(digest, this.leases.take(leasedBlob(digest)));
  }

  /** A repository that held the blob a while ago, if this process has seen one. */
  holder(digest: Digest): string | undefined {
    return this.holders.get(digest);
  }

  /** True when some repository may hold the blob under this name. */
  async exists(digest: Digest): Promise<boolean> {
    return this.holders.has(digest) || (await this.leases.look(leasedBlob(digest))) !== undefined;
  }

  /** Opens the data of a blob for reading; the caller has checked that the repository holds it. */
  async open(content: Digest): Promise<FileReader> {
    const present = await statOrUndefined(this.driver, blobData(content));
    return this.driver.open(present ? blobData(content) : `${leasedBlob(content).condemned}/data`);
  }

  /** Makes the repository hold a blob whose data is in storage, as `content`. */
  async link(repository: string, digest: Digest, content: Digest = digest): Promise<void> {
    await this.driver.put(layerLink(repository, digest), Buffer.from(content));
    this.holders.set(digest, repository);
  }

  /**
   * Makes a file the data of a blob, once its bytes are safe on disk. Its lease begins now, however long ago the last byte
   * came. Of the file's old place, the caller deletes the folder.
   */
  async adopt({ path, modified }: { path: string; modified: number }, digest: Digest): Promise<void> {
    if (!this.leases.isFresh(modified)) await this.driver.touch(path);
    await this.driver.move(path, blobData(digest), { sourceGoes: true });
  }

  /** The repository lets go of a blob. Resolves with whether it held it. */
  async unlink(repository: string, digest: Digest): Promise<boolean> {
    const { folder } = leasedLayerLink(repository, digest);
    return deleteIfPresent(this.driver, folder);
  }

  /** True when the repository has ever held a blob. */
  async hasLayers(repository: string): Promise<boolean> {
    return (await statOrUndefined(this.driver, layersFolder(repository))) !== undefined;
  }

  private async held(
    repository: string,
    digest: Digest,
    look: (leased: Leased) => Promise<FileInfo | undefined>,
  ): Promise<HeldBlob | undefined> {
    if (!(await look(leasedLayerLink(repository, digest)))) return undefined;
    const own = await look(leasedBlob(digest));
    if (own) return { size: own.size, content: digest };
    const content = await secondName(this.driver, repository, digest);
    const data = content && (await look(leasedBlob(content)));
    return data && { size: data.size, content };
  }

  /** A URL from which a client may fetch the blob, where the driver gives such. */
  async redirectUrl(content: Digest, method: 'GET' | 'HEAD'): Promise<string | undefined> {
    return this.driver.redirectUrl?.(blobData(content), { method });
  }
}

async function heldAs(content: Digest, data: Promise<FileInfo | undefined>): Promise<HeldBlob | undefined> {
  const info = await data;
  return info && { size: info.size, content };
}

/** The digest under which the data of a linked blob lies when its link is a second name; undefined when it is not. */
export async function secondName(
  driver: StorageDriver,
  repository: string,
  digest: Digest,
): Promise<Digest | undefined> {
  const { condemned } = leasedLayerLink(repository, digest);
  const text =
    (await getOrUndefined(driver, layerLink(repository, digest), MAX_LINK_BYTES)) ??
    (await getOrUndefined(driver, `${condemned}/link`, MAX_LINK_BYTES));
  const content = text?.toString().trim();
  return content !== undefined && isDigest(content) && content !== digest ? content : undefined;
}
