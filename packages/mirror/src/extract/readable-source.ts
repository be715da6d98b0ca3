import { createHash } from 'node:crypto';
import type { Blob, ImageSource, RemoteManifest, Waiting } from '@longshore/distribution';
import { digestAlgorithm, digestHex } from '@longshore/oci';
import { ImageError } from './image-error.js';

/** From where one repository's images are read. Errors: CopyError, RemoteError, ImageError, the signal's reason. */
export type ReadableSource = Pick<ImageSource, 'name' | 'manifest' | 'openBlob'>;

/** A blob's bytes as they come; the end is an error unless all of them fit size and digest. Errors: those of the source, ImageError. */
export async function* verifiedBlob(
  source: ReadableSource,
  blob: Blob,
  options: Waiting,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash(digestAlgorithm(blob.digest));
  let read = 0;
  for await (const chunk of await source.openBlob(blob, 0, options)) {
    options.signal.throwIfAborted();
    read += chunk.byteLength;
    if (read > blob.size) break;
    hash.update(chunk);
    // Sources may use their buffer again.
    yield Buffer.from(chunk);
  }
  if (read === blob.size && hash.digest('hex') === digestHex(blob.digest)) return;
  throw new ImageError('INVALID', `${source.name}@${blob.digest}: has other content than its digest says`);
}

/** A whole small blob. Errors: ImageError TOO_LARGE, those of {@link verifiedBlob}. */
export async function readSmallBlob(
  source: ReadableSource,
  blob: Blob,
  maxBytes: number,
  options: Waiting,
): Promise<Buffer> {
  if (blob.size > maxBytes) {
    const words = `${source.name}@${blob.digest}: has ${blob.size} bytes, more than the ${maxBytes} that are read`;
    throw new ImageError('TOO_LARGE', words);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of verifiedBlob(source, blob, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads from the first of several sources that gives the manifest, and the blobs from there (mirror.md 3.4). */
export class FirstSource implements ReadableSource {
  readonly name: string;
  #chosen: ReadableSource | undefined;

  /** @param sources at least one, in the order in which to try */
  constructor(readonly sources: readonly ReadableSource[]) {
    this.name = sources[0]?.name ?? '';
  }

  /** Errors: that of the only source, or of all of them in one ImageError. */
  async manifest(reference: string, options: Waiting): Promise<RemoteManifest> {
    const failures: Error[] = [];
    const sources = this.#chosen === undefined ? this.sources : [this.#chosen];
    for (const source of sources) {
      try {
        const manifest = await source.manifest(reference, options);
        this.#chosen = source;
        return manifest;
      } catch (error) {
        options.signal.throwIfAborted();
        failures.push(error as Error);
      }
    }
    const [first] = failures;
    if (first !== undefined && failures.length === 1) throw first;
    const words = failures.map(({ message }) => message).join('\n') || 'there is no place to ask';
    throw new ImageError('NOT_FOUND', words, { cause: first });
  }

  async openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    if (this.#chosen === undefined) throw new ImageError('USAGE', `${this.name}: the manifest comes first`);
    return this.#chosen.openBlob(blob, start, options);
  }
}
