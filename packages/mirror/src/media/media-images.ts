import { blobsOf, CopyError, layoutName, readImageTree } from '@longshore/distribution';
import type { Blob, ImageTree } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import type { MediaFolder, MediaListing, MediaReference } from './media-folder.js';

/** An image on media, with all its manifests. */
export interface MediaImage {
  repository: string;
  /** Without, the image has no name but its digest. */
  tag?: string;
  digest: Digest;
  tree: ImageTree;
}

/** What is wrong with media. */
export interface MediaProblem {
  message: string;
  /** What cannot be used because of it. */
  images: string[];
}

/** Reads the manifests of all images. One that is the part of another is no image of its own. Errors: the signal's reason. */
export async function readMediaImages(
  media: MediaFolder,
  { references }: MediaListing,
  signal: AbortSignal,
): Promise<{ images: MediaImage[]; problems: MediaProblem[] }> {
  const images: MediaImage[] = [];
  const problems: MediaProblem[] = [];
  /** By repository: what is a part of an image that was read. */
  const known = new Map<string, Set<Digest>>();
  const named = references.filter(({ tag }) => tag !== undefined);
  const nameless = references.filter(({ tag }) => tag === undefined);
  for (const reference of [...named, ...nameless]) {
    signal.throwIfAborted();
    const { repository, tag, digest } = reference;
    const parts = known.get(repository) ?? new Set();
    known.set(repository, parts);
    if (tag === undefined && digest !== undefined && parts.has(digest)) continue;
    try {
      const source = media.source(repository);
      const tree = await readImageTree(source, digest ?? tag ?? '', { keepList: true }, signal);
      if (tree === undefined) continue;
      manifestsOf(tree).forEach((one) => parts.add(one));
      images.push({ repository, ...(tag !== undefined && { tag }), digest: tree.manifest.digest, tree });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CopyError)) throw error;
      problems.push({ message: error.message, images: [referenceText(reference)] });
    }
  }
  return { images: withoutParts(images), problems };
}

/** All blobs of images, each with the images that need it; by repository, as each must have its own. */
export function neededBlobs(images: readonly MediaImage[]): { repository: string; blob: Blob; images: string[] }[] {
  const needed = new Map<string, { repository: string; blob: Blob; images: string[] }>();
  for (const image of images) {
    for (const blob of blobsOf(image.tree)) {
      const key = `${image.repository} ${blob.digest} ${blob.size}`;
      const one = needed.get(key) ?? { repository: image.repository, blob, images: [] };
      needed.set(key, one);
      const name = referenceText(image);
      if (one.images.at(-1) !== name) one.images.push(name);
    }
  }
  return [...needed.values()];
}

/** `org/app:v1`, or `org/app@sha256:…` for what has no tag. */
export function referenceText({ repository, tag, digest }: MediaReference): string {
  return tag === undefined ? `${repository}@${digest}` : layoutName(repository, tag);
}

function manifestsOf({ manifest, children }: ImageTree): Digest[] {
  return [manifest.digest, ...children.flatMap(manifestsOf)];
}

/** Nameless lists come in any order, before or after their parts. */
function withoutParts(images: readonly MediaImage[]): MediaImage[] {
  const parts = new Set(
    images.flatMap(({ repository, tree }) =>
      tree.children.flatMap(manifestsOf).map((digest) => `${repository} ${digest}`),
    ),
  );
  return images.filter(({ repository, tag, digest }) => tag !== undefined || !parts.has(`${repository} ${digest}`));
}
