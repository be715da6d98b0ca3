import { createHash } from 'node:crypto';
import type { Blob, ImageSource, ManifestReading, Waiting } from '@longshore/distribution';
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

/** A whole small blob; with `verify: false` of any content. Errors: ImageError TOO_LARGE, those of {@link verifiedBlob}. */
export async function readSmallBlob(
  source: ReadableSource,
  blob: Blob,
  maxBytes: number,
  { signal, verify = true }: ManifestReading,
): Promise<Buffer> {
  if (blob.size > maxBytes) {
    const words = `${source.name}@${blob.digest}: has ${blob.size} bytes, more than the ${maxBytes} that are read`;
    throw new ImageError('TOO_LARGE', words);
  }
  const chunks: Uint8Array[] = [];
  const bytes = verify ? verifiedBlob(source, blob, { signal }) : await source.openBlob(blob, 0, { signal });
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
