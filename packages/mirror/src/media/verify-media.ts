import { createHash } from 'node:crypto';
import { CopyError, readChunks } from '@longshore/distribution';
import type { Blob } from '@longshore/distribution';
import { digestAlgorithm, digestHex, type Digest } from '@longshore/oci';
import type { FolderFormat } from '../folder-places.js';
import { sortedBlobs, type MediaInventory } from './inventory.js';
import { MediaFolder, type ContentFile } from './media-folder.js';
import { neededBlobs, readMediaImages, referenceText, type MediaImage, type MediaProblem } from './media-images.js';

export interface MediaReport {
  format: FolderFormat;
  images: number;
  /** Contents, each once, and their bytes. */
  blobs: number;
  bytes: number;
  problems: MediaProblem[];
  /** Beginnings of files that an interrupted run left, for the next one. */
  leftOvers: number;
  /** What is there, whole. */
  inventory: MediaInventory;
}

export interface VerifyOptions {
  signal: AbortSignal;
  /** So many of all bytes have been read. */
  onBytes: (done: number, total: number) => void;
}

/**
 * Reads all there is on media: compares each file with the digest that is its name, and looks for every part of every image.
 * Errors: CopyError for a folder that cannot be read; the signal's reason.
 */
export async function verifyMedia(dir: string, options: VerifyOptions): Promise<MediaReport> {
  const { signal } = options;
  const media = MediaFolder.open(dir);
  const listing = await media.list();
  const { images, problems } = await readMediaImages(media, listing, signal);
  const needed = neededBlobs(images);
  const { whole, spoilt } = await hashContents(media, listing.contents, options);
  const isSpoilt = new Set(spoilt.values());
  for (const { repository, blob, images: names } of needed) {
    await media
      .source(repository)
      .checkBlob(blob, { signal })
      .catch((error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof CopyError)) throw error;
        if (error.code === 'DIGEST_MISMATCH' && isSpoilt.has(blob.digest)) return;
        problems.push({ message: error.message, images: names });
      });
  }
  for (const [path, digest] of spoilt) {
    const users = needed.filter(({ blob }) => blob.digest === digest).flatMap((one) => one.images);
    problems.push({ message: `${media.folder.path(path)}: has other content than its name says`, images: users });
  }
  for (const path of listing.strange) {
    problems.push({ message: `${media.folder.path(path)}: is no file that belongs to media`, images: [] });
  }
  const isHurt = new Set(problems.flatMap((problem) => problem.images));
  return {
    format: media.format,
    images: images.length,
    blobs: whole.length,
    bytes: whole.reduce((sum, { size }) => sum + size, 0),
    problems,
    leftOvers: listing.leftOvers.length,
    inventory: {
      images: images
        .filter((image) => !isHurt.has(referenceText(image)))
        .map(named)
        .sort(byName),
      blobs: sortedBlobs(whole),
    },
  };
}

function named({ repository, tag, digest }: MediaImage): MediaInventory['images'][number] {
  return { repository, ...(tag !== undefined && { tag }), digest };
}

function byName(a: MediaInventory['images'][number], b: MediaInventory['images'][number]): number {
  return referenceText(a) < referenceText(b) ? -1 : 1;
}

/** A file with several names is read once. */
async function hashContents(
  { folder }: MediaFolder,
  contents: readonly ContentFile[],
  { signal, onBytes }: VerifyOptions,
): Promise<{ whole: Blob[]; spoilt: Map<string, Digest> }> {
  const sizes = new Map<string, number>();
  for (const { path } of contents) sizes.set(path, (await folder.stat(path))?.size ?? 0);
  const files = new Map(contents.map((one) => [`${one.inode} ${one.digest}`, one]));
  const total = [...files.values()].reduce((sum, { path }) => sum + (sizes.get(path) ?? 0), 0);
  const whole = new Map<Digest, Blob>();
  const spoilt = new Map<string, Digest>();
  let done = 0;
  for (const { path, digest } of files.values()) {
    const hash = createHash(digestAlgorithm(digest));
    let size = 0;
    for await (const chunk of readChunks((await folder.open(path)).file, 0)) {
      signal.throwIfAborted();
      hash.update(chunk);
      size += chunk.byteLength;
      onBytes((done += chunk.byteLength), total);
    }
    if (hash.digest('hex') === digestHex(digest)) whole.set(digest, { digest, size });
    else spoilt.set(path, digest);
  }
  for (const digest of spoilt.values()) whole.delete(digest);
  return { whole: [...whole.values()], spoilt };
}
