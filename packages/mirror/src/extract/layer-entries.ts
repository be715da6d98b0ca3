import { Readable } from 'node:stream';
import type { Blob, Waiting } from '@longshore/distribution';
import { extract as createTarReader, type Header } from 'tar-stream';
import { decompress } from './decompress.js';
import { entryPath } from './entry-path.js';
import { ImageError } from './image-error.js';
import { verifiedBlob, type ReadableSource } from './readable-source.js';

/** One entry of a layer's archive. Its body must be read or left before the next entry is asked for. */
export interface LayerEntry {
  /** Inside the image; the root is empty. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';
  /** As written, of links. */
  linkTarget: string;
  mode: number;
  uid: number;
  gid: number;
  modified: Date;
  size: number;
  body: AsyncIterable<Uint8Array>;
}

/** How much is read before an image counts as malicious. One object counts for all layers of an image. */
export class ReadLimits {
  #entries = 0;
  #bytes = 0;

  constructor(
    readonly maxEntries = 100_000,
    readonly maxBytes = 64 * 1024 ** 3,
  ) {}

  countEntry(name: string): void {
    this.#entries += 1;
    if (this.#entries <= this.maxEntries) return;
    throw new ImageError('TOO_LARGE', `${name}: has more than ${this.maxEntries} files`);
  }

  countBytes(count: number, name: string): void {
    this.#bytes += count;
    if (this.#bytes <= this.maxBytes) return;
    throw new ImageError('TOO_LARGE', `${name}: unpacks to more than ${this.maxBytes} bytes`);
  }
}

/** What honest archives stay below: packed text may shrink to a hundredth, and a few large files of zeros do no harm. */
const [LARGEST_RATIO, FREE_BYTES] = [200, 64 * 1024 * 1024];

/**
 * The entries of a layer in the order of its archive. Errors: ImageError INVALID, also for bytes that do not fit the digest, which
 * only the end tells; TOO_LARGE; those of the source.
 */
export async function* layerEntries(
  source: ReadableSource,
  blob: Blob,
  limits: ReadLimits,
  options: Waiting,
): AsyncGenerator<LayerEntry, void, undefined> {
  const name = `${source.name}@${blob.digest}`;
  const guard = new ArchiveGuard(name, limits);
  const packed = guard.packed(verifiedBlob(source, blob, options));
  const bytes = Readable.from(guard.unpacked(decompress(packed, name)), { objectMode: false });
  const reader = createTarReader();
  bytes.on('error', (error) => reader.destroy(error));
  bytes.pipe(reader);
  try {
    for await (const entry of reader) {
      limits.countEntry(name);
      yield { ...described(entry.header), body: entry as AsyncIterable<Uint8Array> };
      entry.resume();
    }
  } catch (error) {
    const { message } = error as Error;
    throw NO_ARCHIVE.test(message)
      ? new ImageError('INVALID', `${name}: is no tar archive: ${message}`, { cause: error })
      : error;
  } finally {
    bytes.destroy();
    reader.destroy();
  }
}

function described(header: Header): Omit<LayerEntry, 'body'> {
  const { name, type, linkname, mode = 0, uid = 0, gid = 0, mtime = new Date(0), size = 0 } = header;
  return {
    path: entryPath(name),
    type: TYPES[type ?? 'file'] ?? 'special',
    linkTarget: linkname ?? '',
    mode: mode & 0o7777,
    uid,
    gid,
    modified: mtime,
    size,
  };
}

/** What tar-stream says of what it cannot read; it bounds headers of long names itself. */
const NO_ARCHIVE = /tar header|Header exceeds max size|Unexpected end of data/;

const TYPES: Partial<Record<string, LayerEntry['type']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
};

/** Watches how many bytes go in and what comes out of them. */
class ArchiveGuard {
  #packed = 0;
  #unpacked = 0;

  constructor(
    readonly name: string,
    readonly limits: ReadLimits,
  ) {}

  async *packed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of bytes) {
      this.#packed += chunk.byteLength;
      yield chunk;
    }
  }

  async *unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of bytes) {
      this.#unpacked += chunk.byteLength;
      this.limits.countBytes(chunk.byteLength, this.name);
      if (this.#unpacked > FREE_BYTES + LARGEST_RATIO * this.#packed) {
        throw new ImageError('TOO_LARGE', `${this.name}: unpacks to far more than an archive of its size should`);
      }
      yield chunk;
    }
  }
}
