import type { Blob } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import type { MediaInventory } from './inventory.js';
import { referenceText } from './media-images.js';
import { packContents } from './pack-contents.js';

/** What media have that somebody does not. */
export interface MediaDifference {
  /** By name. `gone`: only the other side has it. */
  images: { name: string; change: 'added' | 'changed' | 'gone'; digest: Digest; was?: Digest }[];
  /** Images that both sides have. */
  unchanged: number;
  /** What would be packed, manifests left aside. */
  toCarry: Blob[];
  /** Blobs that the other side has already, and their bytes. */
  shared: { blobs: number; bytes: number };
}

/** Compares media with what the other side said it has. Errors: those of packing. */
export async function diffMedia(dir: string, have: MediaInventory, signal: AbortSignal): Promise<MediaDifference> {
  const { manifest } = await packContents(dir, have, signal);
  const theirs = new Map(have.images.map((image) => [referenceText(image), image.digest]));
  const ours = new Map(manifest.images.map((image) => [referenceText(image), image.digest]));
  const images: MediaDifference['images'] = [];
  for (const [name, digest] of ours) {
    const was = theirs.get(name);
    if (was === undefined) images.push({ name, change: 'added', digest });
    else if (was !== digest) images.push({ name, change: 'changed', digest, was });
  }
  const changed = images.length;
  for (const [name, digest] of theirs) if (!ours.has(name)) images.push({ name, change: 'gone', digest });
  const known = new Set(have.blobs.map(({ digest }) => digest));
  const shared = manifest.blobs.filter(({ digest }) => known.has(digest));
  return {
    images: images.sort((a, b) => (a.name < b.name ? -1 : 1)),
    unchanged: ours.size - changed,
    toCarry: manifest.blobs.filter(({ digest }) => !known.has(digest)),
    shared: { blobs: shared.length, bytes: shared.reduce((sum, { size }) => sum + size, 0) },
  };
}
