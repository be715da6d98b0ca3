import type { Readable } from 'node:stream';
import { digestAlgorithm, makeDigest, RegistryError, type Digest, type DigestAlgorithm } from '@longshore/oci';
import { StorageError, type StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import type { BlobStore } from '../blobs/blob-store.js';
import { blobData } from '../layout.js';
import { hashFile } from './hash-file.js';
import type { Hasher, HashJob } from './hasher.js';
import { BodyAborted, receiveBody } from './receive.js';
import type { SlotPool } from './slot-pool.js';
import type { Claim, UploadStore } from './upload-store.js';

/** A hash that this process has kept up with an upload; worthless when another process took a chunk in between. */
interface Progress {
  job: HashJob;
  offset: number;
}

/**
 * Uploads of blobs (reference registry 1.5). What arrives goes to the session's data and through the hash at once. A
 * later chunk may come to another process, which has no hash state: then the closing request reads the data again,
 * from the page cache as a rule. Nothing is visible as a blob before it is whole, its digest checked, and synced.
 */
export class Uploads {
  private readonly progress = new LRUCache<string, Progress>({
    max: 256,
    dispose: ({ job }, _id, reason) => {
      if (reason !== 'set') job.drop();
    },
  });

  constructor(
    private readonly driver: StorageDriver,
    private readonly blobs: BlobStore,
    readonly store: UploadStore,
    private readonly hashing: { pool: SlotPool; hasher: Hasher },
  ) {}

  /**
   * Appends a body to a session. `offset`: where the sender believes to be. Resolves with the new offset. Errors:
   * BLOB_UPLOAD_UNKNOWN; RANGE_INVALID when the offset differs or another request is writing; BodyAborted, with what
   * came before kept.
   */
  async append(repository: string, id: string, body: Readable, offset: number, algorithm: DigestAlgorithm) {
    const claim = await this.claimAt(repository, id, offset);
    try {
      return await this.receive(repository, id, claim, body, algorithm);
    } finally {
      await claim.release();
    }
  }

  /**
   * Closes a session with an optional last body: checks the digest, makes the blob visible and links it to the
   * repository. Errors: as `append`, and DIGEST_INVALID, after which the session is gone.
   */
  async finish(repository: string, id: string, body: Readable | undefined, offset: number, digest: Digest) {
    const claim = await this.claimAt(repository, id, offset);
    let moved = false;
    try {
      const algorithm = digestAlgorithm(digest);
      await this.receive(repository, id, claim, body, algorithm);
      const actual = await this.digestOf(id, claim, algorithm);
      if (actual !== digest) {
        await this.drop(repository, id);
        throw new RegistryError('DIGEST_INVALID', { detail: { digest, actual } });
      }
      await this.driver.move(claim.path, blobData(digest));
      moved = true;
      await this.blobs.link(repository, digest);
      await this.drop(repository, id);
    } finally {
      if (!moved) await claim.release();
    }
  }

  /** Forgets a session and its data. Errors: BLOB_UPLOAD_UNKNOWN, RANGE_INVALID as `append`. */
  async cancel(repository: string, id: string): Promise<void> {
    await this.claim(repository, id);
    await this.drop(repository, id);
  }

  private async drop(repository: string, id: string): Promise<void> {
    this.progress.delete(id);
    await this.store.remove(repository, id);
  }

  private async claim(repository: string, id: string): Promise<Claim> {
    const claim = await this.store.claim(repository, id);
    if (!claim) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { detail: { uuid: id } });
    if (claim === 'busy')
      throw new RegistryError('RANGE_INVALID', { detail: 'another request is writing this upload' });
    return claim;
  }

  private async claimAt(repository: string, id: string, offset: number): Promise<Claim> {
    const claim = await this.claim(repository, id);
    if (claim.offset === offset) return claim;
    await claim.release();
    throw new RegistryError('RANGE_INVALID', { detail: { offset: claim.offset, requested: offset } });
  }

  /** Takes the rest of the data and syncs it to disk. Resolves with the new offset. */
  private async receive(
    repository: string,
    id: string,
    claim: Claim,
    body: Readable | undefined,
    algorithm: DigestAlgorithm,
  ): Promise<number> {
    const writer = await this.driver.writer(claim.path, { append: true });
    const job = this.jobAt(id, claim.offset, algorithm);
    const keepHash = () => job && this.progress.set(id, { job, offset: writer.size });
    try {
      if (body) await receiveBody(body, writer, job, this.hashing.pool);
      keepHash();
      await writer.sync();
      return writer.size;
    } catch (error) {
      if (error instanceof BodyAborted) keepHash();
      else if (!this.progress.delete(id)) job?.drop();
      if (error instanceof StorageError && error.code === 'DEVICE_OUT_OF_SPACE') await this.drop(repository, id);
      throw error;
    } finally {
      await writer.close();
    }
  }

  /** The hash that goes on at `offset`, taken out of `progress`; undefined when this process has none. */
  private jobAt(id: string, offset: number, algorithm: DigestAlgorithm): HashJob | undefined {
    const known = this.progress.get(id);
    if (known?.offset === offset && known.job.algorithm === algorithm) return known.job;
    this.progress.delete(id);
    return offset === 0 ? this.hashing.hasher.begin(algorithm) : undefined;
  }

  private async digestOf(id: string, claim: Claim, algorithm: DigestAlgorithm): Promise<Digest> {
    const known = this.progress.get(id);
    const { size } = await this.driver.stat(claim.path);
    if (known?.offset === size && known.job.algorithm === algorithm) {
      return makeDigest(algorithm, await known.job.digest());
    }
    return hashFile(this.driver, claim.path, algorithm, this.hashing);
  }
}
