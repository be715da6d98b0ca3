import { createHash } from 'node:crypto';
import {
  CopyError,
  Folder,
  layoutPath,
  readChunks,
  readLocalManifest,
  readRange,
  tarHeader,
  tarPadded,
} from '@longshore/distribution';
import type { Blob, ImageSource } from '@longshore/distribution';
import { digestAlgorithm, digestHex, type Digest } from '@longshore/oci';
import { MANIFEST_NAME, pieceOf, readArchiveManifest, type ArchiveManifest } from './archive-manifest.js';

/** Some of the bytes of a file, in a part. */
interface Stretch {
  part: string;
  offset: number;
  size: number;
}

const LARGEST_MANIFEST = 4 * 1024 * 1024;
const MOST_NAMED = 20;

/**
 * An archive of media, which may come from anywhere: its parts are read where the manifest says, and only when the headers in them
 * say the same. Nothing of it is believed before it fits its digest. Errors: CopyError.
 */
export class MediaArchive {
  readonly #stretches = new Map<string, Stretch[]>();

  private constructor(
    readonly dir: string,
    readonly manifest: ArchiveManifest,
    readonly folder: Folder,
  ) {
    for (const { name, entries } of manifest.parts) {
      let at = 0;
      for (const { path: entry, size } of entries) {
        const { path } = pieceOf(entry);
        const offset = at + tarHeader(entry, size).byteLength;
        const stretches = this.#stretches.get(path) ?? [];
        this.#stretches.set(path, stretches);
        stretches.push({ part: name, offset, size });
        at = offset + tarPadded(size);
      }
    }
  }

  /** Errors: CopyError INCOMPLETE when parts are missing, which it names; INVALID, DIGEST_MISMATCH. */
  static async open(dir: string): Promise<MediaArchive> {
    const folder = new Folder(dir);
    if ((await folder.stat(MANIFEST_NAME)) === undefined) {
      const words = `has no ${MANIFEST_NAME}: it is no archive of media, or was not packed to its end`;
      throw new CopyError('NOT_FOUND', `${dir}: ${words}`);
    }
    const archive = new MediaArchive(dir, await readArchiveManifest(dir), folder);
    await archive.#checkSizes();
    return archive;
  }

  get bytes(): number {
    return this.manifest.parts.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether the content of a digest stands in the parts. */
  has(digest: Digest): boolean {
    return this.#stretches.has(layoutPath(digest));
  }

  /** Compares the headers in all parts with what the manifest says of them. Errors: CopyError INVALID. */
  async checkHeaders(signal: AbortSignal): Promise<void> {
    for (const { name, entries } of this.manifest.parts) {
      const { file } = await this.folder.open(name);
      try {
        let at = 0;
        for (const { path, size } of entries) {
          signal.throwIfAborted();
          const expected = tarHeader(path, size);
          const { buffer } = await file.read(Buffer.alloc(expected.byteLength), 0, expected.byteLength, at);
          if (!buffer.equals(expected)) throw this.#strangeEntry(name, at, path, buffer);
          at += expected.byteLength + tarPadded(size);
        }
      } finally {
        await file.close();
      }
    }
  }

  /** Reads all parts. Returns those that have other content than the manifest says. */
  async checkDigests(signal: AbortSignal, onBytes: (count: number) => void): Promise<string[]> {
    const spoilt: string[] = [];
    for (const { name, digest } of this.manifest.parts) {
      const hash = createHash(digestAlgorithm(digest));
      for await (const chunk of readChunks((await this.folder.open(name)).file, 0)) {
        signal.throwIfAborted();
        hash.update(chunk);
        onBytes(chunk.byteLength);
      }
      if (hash.digest('hex') !== digestHex(digest)) spoilt.push(name);
    }
    return spoilt;
  }

  /** The bytes of a file from an offset on, as they come: the reader compares them with the digest. */
  async *read(path: string, start: number): AsyncGenerator<Uint8Array, void, undefined> {
    let skip = start;
    for (const { part, offset, size } of this.#stretches.get(path) ?? []) {
      if (skip < size) yield* readRange((await this.folder.open(part)).file, offset + skip, size - skip);
      skip = Math.max(skip - size, 0);
    }
  }

  /** A small file, compared with its digest. Errors: CopyError TOO_LARGE, DIGEST_MISMATCH. */
  async readSmall(path: string, { digest, size }: Blob, maxBytes = LARGEST_MANIFEST): Promise<Buffer> {
    if (size > maxBytes) {
      throw new CopyError(
        'TOO_LARGE',
        `${this.dir}: ${path} has ${size} bytes, more than the ${maxBytes} that are read`,
      );
    }
    const hash = createHash(digestAlgorithm(digest));
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(path, 0)) {
      hash.update(chunk);
      chunks.push(Buffer.from(chunk));
    }
    if (hash.digest('hex') === digestHex(digest)) return Buffer.concat(chunks);
    throw new CopyError('DIGEST_MISMATCH', `${this.dir}: ${path} has other content than ${digest}`);
  }

  /** The images of a repository, to copy from. What the archive leaves out comes from where it is known to be. */
  source(repository: string, leftOut: LeftOutSource): ImageSource {
    const blobs = new Map(this.manifest.blobs.map(({ digest, size }) => [digest, size]));
    const { dir } = this;
    return {
      name: repository === '' ? dir : `${dir}:${repository}`,
      store: dir,
      isLocal: true,
      mountName: undefined,
      manifest: async (reference) => {
        const digest = reference as Digest;
        const size = blobs.get(digest);
        if (size === undefined || !this.has(digest))
          throw new CopyError('INCOMPLETE', `${dir}: has no manifest ${digest}`);
        const bytes = await this.readSmall(layoutPath(digest), { digest, size });
        return readLocalManifest(bytes, `${dir}: ${digest}`, digest);
      },
      peek: () => Promise.resolve(undefined),
      tags: async function* () {
        yield* [];
      },
      openBlob: async (blob, start, options) => {
        if (this.has(blob.digest)) return this.read(layoutPath(blob.digest), start);
        const other = await leftOut(blob);
        if (other !== undefined) return other.openBlob(blob, start, options);
        throw this.lacking([blob]);
      },
      checkBlob: async (blob) => {
        const size = blobs.get(blob.digest);
        if (size === undefined) throw new CopyError('INCOMPLETE', `${dir}: has no blob ${blob.digest}`);
        if (size !== blob.size) {
          const words = `${blob.digest} has ${size} bytes; its manifest says ${blob.size}`;
          throw new CopyError('DIGEST_MISMATCH', `${dir}: ${words}`);
        }
        if (!this.has(blob.digest) && (await leftOut(blob)) === undefined) throw this.lacking([blob]);
      },
    };
  }

  /** What it leaves out and `leftOut` does not find. */
  async missing(leftOut: LeftOutSource): Promise<Blob[]> {
    const { blobs, leftOut: digests } = this.manifest;
    const left = new Set(digests);
    const missing: Blob[] = [];
    for (const blob of blobs) {
      if (left.has(blob.digest) && (await leftOut(blob)) === undefined) missing.push(blob);
    }
    return missing;
  }

  /** Why it is refused when what it leaves out is missing. */
  lacking(missing: readonly Blob[]): CopyError {
    const named = firstNames(missing.map(({ digest }) => digest));
    const words = `leaves out ${named}, as the other side said that it has them, and they are not there`;
    const remedy =
      'pack again without them in --have; with --allow-partial they may be missing until images are mirrored';
    return new CopyError('INCOMPLETE', `${this.dir}: ${words}; ${remedy}`);
  }

  async #checkSizes(): Promise<void> {
    const missing: string[] = [];
    for (const { name, size } of this.manifest.parts) {
      const stats = await this.folder.stat(name);
      if (stats === undefined) missing.push(name);
      else if (!stats.isFile())
        throw new CopyError('INVALID', `${this.folder.path(name)}: is a link or a folder, and must be a file`);
      else if (stats.size !== size) {
        const words = `has ${stats.size} bytes; ${MANIFEST_NAME} says ${size}`;
        throw new CopyError('DIGEST_MISMATCH', `${this.folder.path(name)}: ${words}; copy it again`);
      }
    }
    if (missing.length === 0) return;
    const words = `${missing.length} of ${this.manifest.parts.length} parts are missing: ${firstNames(missing)}`;
    throw new CopyError('INCOMPLETE', `${this.dir}: ${words}; put them beside ${MANIFEST_NAME}`);
  }

  #strangeEntry(part: string, at: number, path: string, found: Buffer): CopyError {
    const end = found.indexOf(0);
    const name = JSON.stringify(found.subarray(0, Math.min(end < 0 ? 100 : end, 100)).toString());
    const words = `at byte ${at} stands ${name}, and not the file ${path} that ${MANIFEST_NAME} says`;
    return new CopyError('INVALID', `${this.folder.path(part)}: ${words}`);
  }
}

/** From where a blob comes that an archive leaves out; undefined when it is nowhere. */
export type LeftOutSource = (blob: Blob) => Promise<ImageSource | undefined>;

function firstNames(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}
