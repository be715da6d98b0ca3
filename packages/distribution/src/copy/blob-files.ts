import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { digestAlgorithm, digestHex } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import { ChunkWriter } from '../chunk-writer.js';
import { readChunks } from './folder.js';
import type { Folder } from './folder.js';
import type { Journal } from './journal.js';
import { CopyError, fileFailure } from './place.js';
import type { Blob, BlobSink } from './place.js';

const WRITE_BYTES = 1024 * 1024;
/** As the reference calls what is on its way (mirror.md 1.4). */
const PARTIAL = '.download';

/** Blobs as files of a folder, each named by its digest. */
export class BlobFiles {
  constructor(
    readonly folder: Folder,
    /** Where a blob stands, relative to the folder. */
    readonly pathOf: (digest: Digest) => string | Promise<string>,
    /** Which files have been compared with their digests. Without, each is compared each time. */
    readonly journal?: Journal,
  ) {}

  async read({ digest, size }: Blob, start: number): Promise<AsyncIterable<Uint8Array>> {
    const name = await this.pathOf(digest);
    const { file, stats } = await this.folder.open(name);
    if (stats.size === size) return readChunks(file, start);
    await file.close();
    throw wrongSize(this.folder.path(name), stats.size, size);
  }

  /** How many bytes there are of a blob; undefined when there is no such file. */
  async size(digest: Digest): Promise<number | undefined> {
    const stats = await this.folder.stat(await this.pathOf(digest));
    return stats?.isFile() === true ? stats.size : undefined;
  }

  /** Errors: CopyError for a blob that is missing or has another size. */
  async check({ digest, size }: Blob): Promise<void> {
    const name = await this.pathOf(digest);
    const stats = await this.folder.stat(name);
    if (stats === undefined) throw new CopyError('INCOMPLETE', `${this.folder.path(name)}: no such file`);
    if (!stats.isFile()) throw new CopyError('INVALID', `${this.folder.path(name)}: is not a file`);
    if (stats.size !== size) throw wrongSize(this.folder.path(name), stats.size, size);
  }

  /** Whether a blob is there, whole: a file that nobody has looked at since it changed is read. */
  async has({ digest, size }: Blob): Promise<boolean> {
    const name = await this.pathOf(digest);
    const stats = await this.folder.stat(name);
    if (stats === undefined || !stats.isFile() || stats.size !== size) return false;
    const state = `${stats.size} ${stats.mtimeMs}`;
    if (this.journal?.get(name) === state) return true;
    const hash = createHash(digestAlgorithm(digest));
    for await (const chunk of readChunks((await this.folder.open(name)).file, 0)) hash.update(chunk);
    if (hash.digest('hex') !== digestHex(digest)) return false;
    this.journal?.set(name, state);
    return true;
  }

  /** Remembers that a file was compared with its digest. */
  async remember(digest: Digest): Promise<void> {
    const name = await this.pathOf(digest);
    const stats = await this.folder.stat(name);
    if (stats !== undefined) this.journal?.set(name, `${stats.size} ${stats.mtimeMs}`);
  }

  /** Begins to write a blob, or goes on with the beginning that a killed run left. */
  async write(blob: Blob): Promise<BlobSink> {
    const name = await this.pathOf(blob.digest);
    await this.folder.makeFolder(dirname(name));
    const partial = `${name}${PARTIAL}`;
    // Whatever it is, bytes must not be written through a link into another file.
    const found = await this.folder.stat(partial);
    const isOurs = found !== undefined && found.isFile() && found.nlink === 1 && found.size <= blob.size;
    if (found !== undefined && !isOurs) await rm(this.folder.path(partial), { force: true, recursive: true });
    const path = this.folder.path(partial);
    try {
      const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
      const sink = new FileSink(file, path, Math.min(WRITE_BYTES, blob.size), async () => {
        await rename(path, this.folder.path(name));
        await this.remember(blob.digest);
      });
      if (isOurs && found.size > 0) await sink.goOn(createHash(digestAlgorithm(blob.digest)));
      return sink;
    } catch (error) {
      throw fileFailure(error, path);
    }
  }
}

function wrongSize(path: string, found: number, wanted: number): CopyError {
  return new CopyError('DIGEST_MISMATCH', `${path}: has ${found} bytes; its manifest says ${wanted}`);
}

class FileSink implements BlobSink {
  offset = 0;
  hash?: Hash;
  #chunks: ChunkWriter | undefined;

  constructor(
    readonly file: FileHandle,
    readonly path: string,
    readonly chunkBytes: number,
    readonly publish: () => Promise<void>,
  ) {}

  /** Takes over the bytes that are there. */
  async goOn(hash: Hash): Promise<void> {
    const reader = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    for await (const chunk of readChunks(reader, 0)) {
      hash.update(chunk);
      this.offset += chunk.byteLength;
    }
    this.hash = hash;
  }

  async restart(): Promise<void> {
    await this.#chunks?.rest();
    this.#chunks?.release();
    this.#chunks = undefined;
    this.offset = 0;
    delete this.hash;
    await this.#try(() => this.file.truncate(0));
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks ??= new ChunkWriter(this.chunkBytes, (bytes, offset) => this.#put(bytes, offset), this.offset);
    await this.#chunks.write(chunk);
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#try(async () => {
      await this.file.datasync();
      await this.file.close();
      await this.publish();
    });
  }

  /** What has come so far stays for the next run. */
  async abort(): Promise<void> {
    await this.#flush().catch(() => undefined);
    await this.file.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const rest = await this.#chunks?.rest();
    if (rest !== undefined) await this.#put(rest.bytes, rest.offset);
    this.#chunks?.release();
  }

  async #put(bytes: Uint8Array, offset: number): Promise<void> {
    await this.#try(async () => {
      for (let at = 0; at < bytes.byteLength;) {
        at += (await this.file.write(bytes, at, bytes.byteLength - at, offset + at)).bytesWritten;
      }
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fileFailure(error, this.path);
    }
  }
}
