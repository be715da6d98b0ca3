import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDigest } from '@longshore/oci';
import type { Descriptor, Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { ChunkWriter } from '../chunk-writer.js';
import { Folder } from './folder.js';
import { lockFolder } from './folder-lock.js';
import { Journal } from './journal.js';
import { layoutPath } from './layout-files.js';
import { enterInLayout, LAYOUT_MARKER, layoutIndexBytes, refName } from './layout-index.js';
import { CopyError, fileFailure } from './place.js';
import type { Blob, BlobSink } from './place.js';
import { contentToSave, type ContentToSave } from './saved-content.js';
import { TAR_BLOCK, TAR_END_BYTES, tarHeader, tarPadded } from './tar-header.js';

const WRITE_BYTES = 1024 * 1024;
const EXTENT = /^(\d{1,16}) (\d{1,16})$/;

/** A stretch of the archive: a header, and what follows it. */
interface Extent {
  offset: number;
  size: number;
}

/**
 * Writes an archive of images beside its place, `PATH.partial`, blobs at once wherever there is room for them, and puts it there
 * when it is whole. What a killed run has finished is remembered in `PATH.journal`. The archive is an OCI layout; with
 * `dockerNames` it is one that `docker load` reads, too. Errors: CopyError.
 */
export class ArchiveWriter {
  readonly #extents = new Map<string, Extent>();
  #end = 0;
  #entries: Descriptor[] = [];
  /** Configuration and layers of each image, for `manifest.json`. */
  readonly #images = new Map<Digest, ContentToSave>();

  private constructor(
    readonly path: string,
    readonly dockerNames: boolean,
    readonly file: FileHandle,
    readonly journal: Journal,
    readonly unlock: () => Promise<void>,
  ) {}

  /** Begins, or goes on with what another run began. Errors: also CopyError LOCKED. */
  static async open(path: string, { dockerNames }: { dockerNames: boolean }): Promise<ArchiveWriter> {
    try {
      const unlock = await lockFolder(`${path}.lock`);
      const journal = await Journal.open(`${path}.journal`);
      const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
      const file = await open(`${path}.partial`, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
      const writer = new ArchiveWriter(path, dockerNames, file, journal, unlock);
      writer.#adopt((await file.stat()).size);
      return writer;
    } catch (error) {
      const hasNoFolder = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!hasNoFolder) throw fileFailure(error, path);
      throw new CopyError('NOT_FOUND', `${path}: its folder does not exist; make it first`, { cause: error });
    }
  }

  has({ digest, size }: Blob): boolean {
    return this.#extents.get(layoutPath(digest))?.size === size;
  }

  writeBlob(blob: Blob): BlobSink {
    const name = layoutPath(blob.digest);
    const header = tarHeader(name, blob.size);
    const extent = { offset: this.#end, size: blob.size };
    this.#end += header.byteLength + tarPadded(blob.size);
    const start = extent.offset + header.byteLength;
    return new ExtentSink(Math.min(WRITE_BYTES, Math.max(blob.size, 1)), {
      put: (bytes, offset) => this.#put(bytes, start + offset),
      finish: async () => {
        await this.#put(header, extent.offset);
        await this.#try(() => this.file.datasync());
        this.#extents.set(name, extent);
        this.journal.set(blob.digest, `${extent.offset} ${extent.size}`);
      },
    });
  }

  async putManifest(manifest: RemoteManifest, name: string | undefined, isChild: boolean): Promise<void> {
    const { digest, bytes, mediaType } = manifest;
    const blob = { digest, size: bytes.byteLength };
    if (this.dockerNames) this.#images.set(digest, contentToSave(manifest, this.path));
    if (!this.has(blob)) {
      const sink = this.writeBlob(blob);
      await sink.write(bytes);
      await sink.finish();
    }
    if (isChild && name === undefined) return;
    this.#entries = enterInLayout(this.#entries, { mediaType, ...blob }, name);
  }

  /** Shows the archive. */
  async complete(): Promise<void> {
    const files = [
      ['oci-layout', LAYOUT_MARKER],
      ['index.json', layoutIndexBytes(this.#entries)],
      ...(this.dockerNames ? ([['manifest.json', this.#savedImages()]] as const) : []),
    ] as const;
    for (const [name, bytes] of files) {
      const padded = Buffer.alloc(tarPadded(bytes.byteLength));
      padded.set(bytes);
      const whole = Buffer.concat([tarHeader(name, bytes.byteLength), padded]);
      await this.#put(whole, this.#end);
      this.#extents.set(name, { offset: this.#end, size: bytes.byteLength });
      this.#end += whole.byteLength;
    }
    await this.#fillGaps();
    await this.#try(async () => {
      // The gap behind the last file ends the archive.
      await this.file.truncate(this.#end);
      await this.file.truncate(this.#end + TAR_END_BYTES);
      await this.file.sync();
      await rename(`${this.path}.partial`, this.path);
      await new Folder(dirname(this.path)).sync('.');
      await this.journal.close();
      await rm(`${this.path}.journal`, { force: true });
    });
  }

  /** What has been written stays for the next run. */
  async close(): Promise<void> {
    await this.file.close();
    await this.journal.close();
    if (this.#extents.size === 0) {
      for (const suffix of ['partial', 'journal']) await rm(`${this.path}.${suffix}`, { force: true });
    }
    await this.unlock();
  }

  #adopt(bytes: number): void {
    for (const [digest, value] of this.journal.entries()) {
      const [, offset, size] = (EXTENT.exec(value) ?? []).map(Number);
      if (offset === undefined || size === undefined || !isDigest(digest)) continue;
      const name = layoutPath(digest);
      const end = offset + tarHeader(name, size).byteLength + tarPadded(size);
      // The file system may have lost its end, and the last block of a file is not written in full.
      if (end - tarPadded(size) + size > bytes) continue;
      this.#extents.set(name, { offset, size });
      this.#end = Math.max(this.#end, end);
    }
  }

  /** Where a blob was begun and never finished, a file without use keeps the archive readable. */
  async #fillGaps(): Promise<void> {
    let at = 0;
    let count = 0;
    for (const [name, { offset, size }] of [...this.#extents].sort(([, a], [, b]) => a.offset - b.offset)) {
      if (offset > at) await this.#put(gapHeader(count++, offset - at), at);
      at = offset + tarHeader(name, size).byteLength + tarPadded(size);
    }
  }

  #savedImages(): Buffer {
    const saved = [...this.#images].map(([digest, { config, layers }]) => ({
      Config: layoutPath(config),
      RepoTags: this.#entries.flatMap((entry) => (entry.digest === digest ? (refName(entry) ?? []) : [])),
      Layers: layers.map(layoutPath),
    }));
    return Buffer.from(JSON.stringify(saved));
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    await this.#try(async () => {
      for (let done = 0; done < bytes.byteLength;) {
        done += (await this.file.write(bytes, done, bytes.byteLength - done, at + done)).bytesWritten;
      }
    });
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fileFailure(error, this.path);
    }
  }
}

/** The header of a file that fills a gap. */
function gapHeader(number: number, bytes: number): Buffer {
  const name = `.unused/${number}`;
  const plain = tarHeader(name, bytes - TAR_BLOCK);
  return plain.byteLength === TAR_BLOCK ? plain : tarHeader(name, bytes - plain.byteLength);
}

/** A blob at its place in the archive. */
class ExtentSink implements BlobSink {
  readonly offset = 0;
  #chunks: ChunkWriter | undefined;

  constructor(
    readonly chunkBytes: number,
    readonly means: { put: (bytes: Uint8Array, offset: number) => Promise<void>; finish: () => Promise<void> },
  ) {}

  async restart(): Promise<void> {
    await this.#chunks?.rest();
    this.#chunks?.release();
    this.#chunks = undefined;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks ??= new ChunkWriter(this.chunkBytes, this.means.put);
    await this.#chunks.write(chunk);
  }

  async finish(): Promise<void> {
    const rest = await this.#chunks?.rest();
    if (rest !== undefined) await this.means.put(rest.bytes, rest.offset);
    this.#chunks?.release();
    await this.means.finish();
  }

  async abort(): Promise<void> {
    await this.#chunks?.rest().catch(() => undefined);
  }
}
