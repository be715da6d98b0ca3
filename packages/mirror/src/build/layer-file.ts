import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Waiting } from '@longshore/distribution';
import { makeDigest, type Digest } from '@longshore/oci';
import { extract as createTarReader } from 'tar-stream';
import { decompress, isGzip } from '../extract/decompress.js';
import { ImageError } from '../extract/image-error.js';
import { layerOfFile, type NewLayer } from './new-layer.js';

export interface LayerFileOptions extends Waiting {
  /** A folder for what has to be packed; it must stay until the layer was copied. */
  dir: string;
}

/**
 * A layer of an archive: packed with gzip it is taken as it is; plain, or packed with zstd, it is packed anew. Nothing is held in
 * memory. Errors: ImageError INVALID for what is no archive, IO.
 */
export async function readLayerFile(path: string, { dir, signal }: LayerFileOptions): Promise<NewLayer> {
  try {
    const packed = (await startsWithGzip(path)) ? path : await pack(path, dir, signal);
    const diffId = await readArchive(decompress(createReadStream(packed, { signal }), path), path);
    const blob = await blobOf(packed, signal);
    return layerOfFile(packed, blob, { diffId, comment: `added ${basename(path)}` });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ImageError) throw error;
    throw new ImageError('IO', `${path}: the layer cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function startsWithGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return isGzip(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function pack(path: string, dir: string, signal: AbortSignal): Promise<string> {
  const packed = join(dir, `${createHash('sha256').update(path).digest('hex')}.tar.gz`);
  const bytes = decompress(createReadStream(path, { signal }), path);
  await pipeline(
    Readable.from(bytes, { objectMode: false }),
    createGzip(),
    createWriteStream(packed, { mode: 0o600 }),
    {
      signal,
    },
  );
  return packed;
}

/** Reads an archive to its end; returns the digest of its bytes. */
async function readArchive(bytes: AsyncIterable<Uint8Array>, name: string): Promise<Digest> {
  const hash = createHash('sha256');
  let isEmpty = true;
  const hashed = async function* () {
    for await (const chunk of bytes) {
      isEmpty = false;
      hash.update(chunk);
      yield chunk;
    }
  };
  const reader = createTarReader();
  const source = Readable.from(hashed(), { objectMode: false });
  source.on('error', (error) => reader.destroy(error));
  source.pipe(reader);
  try {
    for await (const entry of reader) entry.resume();
    if (isEmpty) throw new Error('it is empty');
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const words = `${name}: is no tar archive, plain or packed with gzip or zstd: ${(error as Error).message}`;
    throw new ImageError('INVALID', words, { cause: error });
  } finally {
    source.destroy();
  }
  return makeDigest('sha256', hash.digest('hex'));
}

async function blobOf(path: string, signal: AbortSignal): Promise<NewLayer['blob']> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: makeDigest('sha256', hash.digest('hex')), size };
}
