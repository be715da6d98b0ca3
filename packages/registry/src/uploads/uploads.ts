import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import {
  digestAlgorithm,
  makeDigest,
  RegistryError,
  type Digest,
  type DigestAlgorithm,
  type ErrorCode,
} from '@longshore/oci';
import { StorageError, type FileWriter, type StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import { allOf } from '../all-of.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { hashFile, type Hashing } from './hash-file.js';
import type { HashJob } from './hasher.js';
import { BodyAborted, receiveBody } from './receive.js';
import type { Claim, UploadStore } from './upload-store.js';

/** Hears how large an upload is about to be, in bytes, and throws DENIED when it may not. */
export type Admit = (size: number) => void;

/** A hash that this process has kept up with an upload; worthless when another process took a chunk in between. */
interface Progress {
  job: HashJob;
  offset: number;
}

/**
 * By which algorithms a blob is named that was pushed under a digest of the first one: a blob pushed as sha512 is found as
 * sha256 too (reference registry 11.1, row 16).
 */
const NAMES: Readonly<Record<DigestAlgorithm, readonly DigestAlgorithm[]>> = {
  sha256: ['sha256'],
  sha512: ['sha512', 'sha256'],
};

/**
 * Uploads of blobs (reference registry 1.5). What arrives goes to the session's data and through the hash at once. A
 * later chunk may come to another process, which has no hash state: then the closing request reads the data again,
 * from the page cache as a rule. Nothing is visible as a blob before it is whole, its digest checked, and synced.
 */
export class Uploads {
  private readonly progress = new LRUCache<string, Progress>({
    max: 256,
    dispose: ({ job }, _id, reason) => {
      if (reason === 'evict') job.drop();
    },
  });

  constructor(
    private readonly driver: StorageDriver,
    private readonly blobs: BlobStore,
    readonly store: UploadStore,
    private readonly hashing: Hashing,
  ) {}

  /**
   * Appends a body to a session. `offset`: where the sender believes to be. Resolves with the new offset. Errors:
   * BLOB_UPLOAD_UNKNOWN; RANGE_INVALID when the offset differs or another request is writing; BodyAborted, with what
   * came before kept; DEVICE_OUT_OF_SPACE and those of `admit`, after which the session is gone, so that there is room for
   * others.
   */
  async append(
    repository: string,
    id: string,
    body: Readable,
    offset: number,
    algorithm: DigestAlgorithm,
    admit?: Admit,
  ): Promise<number> {
    const claim = await this.claimAt(repository, id, offset);
    try {
      const writer = await this.driver.writer(claim.path, { append: true });
      try {
        await this.receive(id, claim, admit ? admitting(writer, admit) : writer, body, algorithm);
        return writer.size;
      } finally {
        await writer.close();
      }
    } catch (error) {
      if (isOutOfSpace(error) || hasCode(error, 'DENIED')) await this.discard(repository, id);
      throw error;
    } finally {
      await claim.release();
    }
  }

  /**
   * Closes a session with an optional last body: checks the digest, makes the blob visible and links it to the
   * repository. Errors: as `append`, and DIGEST_INVALID, after which the session is gone too.
   */
  async finish(
    repository: string,
    id: string,
    body: Readable | undefined,
    offset: number,
    digest: Digest,
    admit?: Admit,
  ): Promise<void> {
    const claim = await this.claimAt(repository, id, offset);
    await this.finishClaimed(repository, id, claim, body, digest, admit);
  }

  /** As `finish`, for who has claimed the session from the store. Whatever happens, the claim is over then. */
  async finishClaimed(
    repository: string,
    id: string,
    claim: Claim,
    body: Readable | undefined,
    digest: Digest,
    admit?: Admit,
  ): Promise<void> {
    try {
      await this.complete(repository, id, claim, body, digest, admit);
      await this.blobs.adopt(claim, digest);
    } catch (error) {
      const isOver = isOutOfSpace(error) || hasCode(error, 'DIGEST_INVALID') || hasCode(error, 'DENIED');
      if (isOver) await this.discard(repository, id);
      await claim.release();
      throw error;
    }
    await this.store.end(repository, id);
  }

  /** Takes the last body, checks the digest, and makes data and link survive a power cut. */
  private async complete(
    repository: string,
    id: string,
    claim: Claim,
    body: Readable | undefined,
    digest: Digest,
    admit: Admit | undefined,
  ): Promise<void> {
    const algorithm = digestAlgorithm(digest);
    const writer = await this.driver.writer(claim.path, { append: true });
    try {
      await this.receive(id, claim, admit ? admitting(writer, admit) : writer, body, algorithm);
      const [actual, ...others] = await this.digestsOf(id, claim, writer.size, NAMES[algorithm]);
      if (actual !== digest) throw new RegistryError('DIGEST_INVALID', { detail: { digest, actual } });
      // The link comes before the data: alone it shows nothing, and when there is no room for it, the data goes with the
      // session. It never comes before the digest: it might show what another repository holds.
      await allOf([writer.sync(), this.addNames(repository, digest, others)]);
    } finally {
      await writer.close();
    }
  }

  /** Forgets a session and its data. Errors: BLOB_UPLOAD_UNKNOWN, RANGE_INVALID as `append`. */
  async cancel(repository: string, id: string): Promise<void> {
    await this.claim(repository, id);
    await this.discard(repository, id);
  }

  /** Forgets a session that the caller has begun or claimed, and its data, if they are still there. */
  async discard(repository: string, id: string): Promise<void> {
    this.takeProgress(id)?.job.drop();
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

  /** Takes more data through `writer`, which is at the claim's end. */
  private async receive(
    id: string,
    claim: Claim,
    writer: FileWriter,
    body: Readable | undefined,
    algorithm: DigestAlgorithm,
  ): Promise<void> {
    const job = this.jobAt(id, claim.offset, algorithm, announcedLength(body));
    try {
      if (body) await receiveBody(body, writer, job, this.hashing.pool);
      this.keepProgress(id, job, writer.size);
    } catch (error) {
      if (error instanceof BodyAborted) this.keepProgress(id, job, writer.size);
      else job?.drop();
      throw error;
    }
  }

  /** The hash that goes on at `offset`; undefined when this process has none. */
  private jobAt(id: string, offset: number, algorithm: DigestAlgorithm, length?: number): HashJob | undefined {
    const known = this.takeProgress(id);
    if (known?.offset === offset && isOfAlgorithm(known.job, algorithm)) return known.job;
    known?.job.drop();
    return offset === 0 ? this.hashing.hasher.begin(NAMES[algorithm], length) : undefined;
  }

  /** The digest of a session's `size` bytes by each algorithm. */
  private async digestsOf(id: string, claim: Claim, size: number, algorithms: readonly DigestAlgorithm[]) {
    const known = this.takeProgress(id);
    try {
      const job = known?.offset === size ? known.job : undefined;
      const digests: Digest[] = [];
      for (const algorithm of algorithms) digests.push(await this.digestOf(job, claim, algorithm));
      return digests;
    } finally {
      known?.job.drop();
    }
  }

  /** The thread with the hash may have died since, or hash by another algorithm: then the data is read again. */
  private async digestOf(job: HashJob | undefined, claim: Claim, algorithm: DigestAlgorithm): Promise<Digest> {
    const hex = await job?.digest(algorithm).catch(() => undefined);
    return hex ? makeDigest(algorithm, hex) : hashFile(this.driver, claim.path, algorithm, this.hashing);
  }

  /** Lets the repository know a blob, also under other names, unless it holds one of such a name. */
  private async addNames(repository: string, digest: Digest, others: readonly Digest[]): Promise<void> {
    await this.blobs.link(repository, digest);
    for (const other of others) {
      if (!(await this.blobs.lease(repository, other))) await this.blobs.link(repository, other, digest);
    }
  }

  private keepProgress(id: string, job: HashJob | undefined, offset: number): void {
    if (job) this.progress.set(id, { job, offset });
  }

  /** Taken out while it is in use, so that it is not dropped for others meanwhile. */
  private takeProgress(id: string): Progress | undefined {
    const known = this.progress.get(id);
    this.progress.delete(id);
    return known;
  }
}

/** The length of a body in bytes, where its sender tells. */
function announcedLength(body: (Readable & { headers?: IncomingHttpHeaders }) | undefined): number | undefined {
  const length = body?.headers?.['content-length'];
  return length === undefined ? undefined : Number(length);
}

const isOfAlgorithm = ({ algorithms }: HashJob, algorithm: DigestAlgorithm) => algorithms[0] === algorithm;
const isOutOfSpace = (error: unknown) => error instanceof StorageError && error.code === 'DEVICE_OUT_OF_SPACE';
const hasCode = (error: unknown, code: ErrorCode) => error instanceof RegistryError && error.code === code;

/** A writer that asks before each byte. */
function admitting(writer: FileWriter, admit: Admit): FileWriter {
  return {
    get size() {
      return writer.size;
    },
    write: async (chunk) => {
      admit(writer.size + chunk.length);
      await writer.write(chunk);
    },
    sync: () => writer.sync(),
    close: () => writer.close(),
  };
}
