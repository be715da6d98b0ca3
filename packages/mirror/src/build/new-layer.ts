import { createReadStream } from 'node:fs';
import type { Blob } from '@longshore/distribution';
import { digestOf } from '@longshore/oci';

/** What is laid over an image: an archive, packed with gzip. */
export interface NewLayer {
  blob: Blob;
  /** Digest of what is packed. */
  diffId: string;
  /** For the history of the image. */
  comment: string;
  /** Its bytes from an offset on. */
  open: (start: number) => AsyncIterable<Uint8Array>;
}

/** A layer that is in memory. */
export function layerOfBytes(bytes: Buffer, { diffId, comment }: Pick<NewLayer, 'diffId' | 'comment'>): NewLayer {
  const blob = { digest: digestOf(bytes), size: bytes.byteLength };
  return { blob, diffId, comment, open: (start) => once(bytes.subarray(start)) };
}

/** A layer that is in a file, which must stay as it is. */
export function layerOfFile(
  path: string,
  blob: Blob,
  { diffId, comment }: Pick<NewLayer, 'diffId' | 'comment'>,
): NewLayer {
  return { blob, diffId, comment, open: (start) => createReadStream(path, { start }) as AsyncIterable<Buffer> };
}

/** Bytes as a stream of one chunk. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
