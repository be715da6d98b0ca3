import type { Blob } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { readBlobs, readJsonFile, readMediaReferences, requireKind, type NamedDigest } from './media-json.js';

/** What somebody has: written where the media arrived, read where the next ones are packed. */
export interface MediaInventory {
  images: NamedDigest[];
  /** Sorted, each once. */
  blobs: Blob[];
}

const KIND = 'longshore-media-inventory';

export function inventoryText({ images, blobs }: MediaInventory): string {
  return `${JSON.stringify({ kind: KIND, version: 1, images, blobs }, undefined, 1)}\n`;
}

/** Reads an inventory. Errors: CopyError, INVALID for a file that is none. */
export async function readInventory(path: string): Promise<MediaInventory> {
  const value = requireKind(await readJsonFile(path), KIND, path);
  return { images: readMediaReferences(value['images'], path), blobs: readBlobs(value['blobs'], 'blobs', path) };
}

/** Each blob once, in the order of digests. */
export function sortedBlobs(blobs: Iterable<Blob>): Blob[] {
  const byDigest = new Map<Digest, Blob>();
  for (const { digest, size } of blobs) byDigest.set(digest, { digest, size });
  return [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}
