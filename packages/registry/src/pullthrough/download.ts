import type { Readable } from 'node:stream';
import { RemoteError } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { isNotFound, type FileReader, type StorageDriver } from '@longshore/storage';
import type { BlobStore } from '../blobs/blob-store.js';
import { flatDigest } from '../layout.js';
import { projectHolds } from '../repositories/project-holds.js';
import { getOrUndefined } from '../storage-access.js';
import { streamName } from '../streams/image-api.js';
import type { Allowance, UploadLimits } from '../streams/upload-limits.js';
import type { Claim } from '../uploads/upload-store.js';
import type { Uploads } from '../uploads/uploads.js';
import type { BlobSource } from './blob-source.js';
import { DownloadStalled } from './errors.js';
import { LOOK_EVERY_MS, SharedSession } from './shared-session.js';

/** A download of another process that has not grown for so long is not waited for. The client of registries gives up before. */
const STALLED_MS = 90_000;
const MAX_SIZE_TEXT = 32;

/** What a download works with. */
export interface DownloadParts {
  driver: StorageDriver;
  blobs: BlobStore;
  uploads: Uploads;
  /** Of what may be stored; absent: none. */
  limits?: Pick<UploadLimits, 'open'> | undefined;
  /** Whether a stream lists an image with the blob, so that the quota of its project counts it; absent: nobody knows. */
  lists?: ((repository: string, digest: Digest) => Promise<boolean>) | undefined;
}

type State = 'running' | 'kept' | { failed: unknown };

/**
 * One blob on its way from upstream into the storage, by whichever process fetches it. It is an upload like any other: who
 * claims it asks upstream, once; other processes watch its data grow. When the process that fetches is killed, the next
 * one goes on where it ended. Nothing is visible as a blob before its digest is checked. It goes on when its readers left.
 */
export class Download {
  /** Bytes of the whole blob; known when upstream has answered. Rejects as `ended`. */
  readonly size: Promise<number>;
  /** Resolves when the blob is held locally. Rejects with RemoteError, StorageError, DownloadStalled, the signal's reason. */
  readonly ended: Promise<void>;
  private written = 0;
  private readonly session: SharedSession;
  private state: State = 'running';
  private path = '';
  private changedAt = performance.now();
  /** The size, 0 as long as it is not known. */
  private known = 0;
  private sized!: (size: number) => void;
  private next = changeToCome();

  constructor(
    private readonly parts: DownloadParts,
    private readonly repository: string,
    private readonly digest: Digest,
    private readonly source: BlobSource,
    private readonly signal: AbortSignal,
  ) {
    this.session = new SharedSession(
      parts.driver,
      parts.uploads.store,
      repository,
      `pullthrough@${flatDigest(digest)}`,
    );
    const known = new Promise<number>((resolve) => (this.sized = resolve));
    this.ended = this.run();
    this.size = Promise.race([known, this.ended.then(() => known)]);
    this.ended.catch(() => undefined);
    this.size.catch(() => undefined);
  }

  /**
   * How many bytes can be read. The last one comes when the digest has been checked, so that nobody gets the whole of
   * what is wrong.
   */
  get available(): number {
    return this.state === 'kept' ? this.written : Math.min(this.written, this.known - 1);
  }

  /** Opens what has come so far. Undefined when it has just moved: it can be opened after the next change. */
  async open(): Promise<FileReader | undefined> {
    const { blobs, driver } = this.parts;
    if (this.state === 'kept') {
      const held = await blobs.find(this.repository, this.digest);
      return held && blobs.open(held.content);
    }
    return driver.open(this.path).catch(undefinedWhenMoved);
  }

  /** Resolves with true when something has changed, with false when the blob is held. Rejects as `ended`. */
  async change(): Promise<boolean> {
    if (this.state === 'running') return this.next.promise;
    if (this.state === 'kept') return false;
    throw this.state.failed;
  }

  private async run(): Promise<void> {
    try {
      while (!(await this.isHeld())) {
        this.signal.throwIfAborted();
        const claim = await this.session.claim();
        if (claim === 'busy') await this.follow();
        // Who had the claim before may have ended since we looked.
        else if (await this.isHeld()) await this.session.remove();
        else await this.fetch(claim);
      }
    } catch (error) {
      this.state = { failed: error };
      throw error;
    } finally {
      this.wake();
    }
  }

  private async isHeld(): Promise<boolean> {
    const held = await this.parts.blobs.find(this.repository, this.digest);
    if (!held) return false;
    // All at once: who hears of the size reads, and reads what is held.
    this.state = 'kept';
    this.written = held.size;
    this.tellSize(held.size);
    return true;
  }

  /** Watches what another process fetches. */
  private async follow(): Promise<void> {
    await this.look();
    if (performance.now() - this.changedAt > STALLED_MS) {
      throw new DownloadStalled('another process holds the download and does not get on');
    }
    await this.session.wait();
  }

  private async fetch(claim: Claim): Promise<void> {
    const { uploads } = this.parts;
    const { body, allowance } = await this.ask(claim);
    let broken: unknown;
    body?.once('error', (error) => (broken = error));
    this.path = claim.path;
    const looking = setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY_MS);
    try {
      await uploads.finishClaimed(this.repository, this.session.id, claim, body, this.digest);
      allowance?.stored();
    } catch (error) {
      body?.destroy();
      if (isWrong(broken)) await uploads.discard(this.repository, this.session.id);
      throw broken ?? error;
    } finally {
      allowance?.end();
      clearInterval(looking);
    }
  }

  /** Asks upstream for the rest of the blob; for nothing when all of it is there. When it fails, the claim is over. */
  private async ask(claim: Claim): Promise<{ body?: Readable; allowance?: Allowance }> {
    try {
      const size = await this.readSize();
      if (size !== claim.offset) return await this.askFrom(claim.offset);
      this.tellSize(size);
      return {};
    } catch (error) {
      if (claim.offset === 0) await this.parts.uploads.discard(this.repository, this.session.id);
      else await claim.release();
      throw error;
    }
  }

  private async askFrom(offset: number): Promise<{ body: Readable; allowance?: Allowance }> {
    const allowance = await this.parts.limits?.open(this.repository);
    const { size, body } = await this.source.open(offset, this.signal);
    body.on('error', () => undefined); // who reads it hears of it too
    try {
      await allowance?.announce({ size, isWhole: true, isHeld: () => this.isCounted() });
      await this.parts.driver.put(this.sizePath, Buffer.from(String(size)), { durable: false });
      this.tellSize(size);
      return { body, ...(allowance && { allowance }) };
    } catch (error) {
      allowance?.end();
      body.destroy();
      throw error;
    }
  }

  /** Whether the quota of the project counts the blob already. */
  private async isCounted(): Promise<boolean> {
    const { repository, digest, parts } = this;
    if (await projectHolds(streamName(repository).namespace, digest, parts)) return true;
    return (await parts.lists?.(repository, digest)) ?? false;
  }

  private async look(): Promise<void> {
    const size = this.known > 0 ? undefined : await this.readSize();
    if (size !== undefined) this.tellSize(size);
    const data = await this.session.look();
    if (!data || (data.size <= this.written && data.path === this.path)) return;
    this.path = data.path;
    this.written = Math.max(this.written, data.size);
    this.wake();
  }

  private wake(): void {
    this.changedAt = performance.now();
    const { tell } = this.next;
    this.next = changeToCome();
    tell(true);
  }

  private tellSize(size: number): void {
    this.known = size;
    this.sized(size);
  }

  /** What the process that asked upstream has left for the others. */
  private async readSize(): Promise<number | undefined> {
    const text = await getOrUndefined(this.parts.driver, this.sizePath, MAX_SIZE_TEXT);
    return text && Number(text.toString());
  }

  private get sizePath(): string {
    return `${this.session.folder}/size`;
  }
}

const isWrong = (error: unknown) => error instanceof RemoteError && error.code === 'DIGEST_MISMATCH';

function undefinedWhenMoved(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function changeToCome() {
  let tell!: (change: boolean) => void;
  const promise = new Promise<boolean>((resolve) => (tell = resolve));
  return { promise, tell };
}
