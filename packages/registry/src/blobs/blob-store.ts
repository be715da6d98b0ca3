import type { Digest } from '@longshore/oci';
import type { FileReader, StorageDriver } from '@longshore/storage';
import { blobData, layerLink, layersFolder, leasedBlob, leasedLayerLink } from '../layout.js';
import type { Leases } from '../leases.js';
import { deleteIfPresent, statOrUndefined } from '../storage-access.js';

/**
 * Blobs, and which repository holds which. A repository holds a blob when it has a link to it and the data is there: a
 * link alone (left by a collector of docker-registry, say) is no proof.
 */
export class BlobStore {
  constructor(
    private readonly driver: StorageDriver,
    private readonly leases: Leases,
  ) {}

  /** The size in bytes of a blob that the repository holds, or undefined. */
  async size(repository: string, digest: Digest): Promise<number | undefined> {
    const link = await this.leases.look(leasedLayerLink(repository, digest));
    return link && (await this.leases.look(leasedBlob(digest)))?.size;
  }

  /** As `size`, and the blob will not be collected for the time of a lease: for whoever will rely on it. */
  async lease(repository: string, digest: Digest): Promise<number | undefined> {
    const link = await this.leases.take(leasedLayerLink(repository, digest));
    return link && (await this.leases.take(leasedBlob(digest)))?.size;
  }

  /** Opens the data of a blob for reading; the caller has checked that the repository holds it. */
  async open(digest: Digest): Promise<FileReader> {
    const present = await statOrUndefined(this.driver, blobData(digest));
    return this.driver.open(present ? blobData(digest) : `${leasedBlob(digest).condemned}/data`);
  }

  /** Makes the repository hold a blob whose data is in storage. */
  async link(repository: string, digest: Digest): Promise<void> {
    await this.driver.put(layerLink(repository, digest), Buffer.from(digest));
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

  /** A URL from which a client may fetch the blob, where the driver gives such. */
  async redirectUrl(digest: Digest, method: 'GET' | 'HEAD'): Promise<string | undefined> {
    return this.driver.redirectUrl?.(blobData(digest), { method });
  }
}
