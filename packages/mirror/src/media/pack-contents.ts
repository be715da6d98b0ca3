import {
  blobsOf,
  CopyError,
  layoutIndexBytes,
  layoutName,
  layoutPath,
  LAYOUT_MARKER,
  REF_NAME,
} from '@longshore/distribution';
import type { Blob, ImageTree } from '@longshore/distribution';
import { digestOf, type Descriptor, type Digest } from '@longshore/oci';
import { EXTRA_FILE, type ArchiveManifest } from './archive-manifest.js';
import { sortedBlobs, type MediaInventory } from './inventory.js';
import { MediaFolder } from './media-folder.js';
import { readMediaImages, type MediaImage } from './media-images.js';
import type { PackItem } from './plan-parts.js';

/** A file to be packed, that knows its content. */
export interface ContentItem extends PackItem {
  digest: Digest;
  open: () => Promise<AsyncIterable<Uint8Array>>;
}

export interface PackContents {
  manifest: Omit<ArchiveManifest, 'parts'>;
  items: ContentItem[];
}

const LARGEST_EXTRA = 4 * 1024 * 1024;
const MOST_EXTRA = 10_000;

/**
 * What is to be packed of a folder: everything, but for blobs that the other side has. Manifests are always packed, so that what
 * is left out can be told by whoever reads them. Errors: CopyError, INCOMPLETE for media that lack something.
 */
export async function packContents(
  dir: string,
  have: MediaInventory | undefined,
  signal: AbortSignal,
): Promise<PackContents> {
  const media = MediaFolder.open(dir);
  const { images, problems } = await readMediaImages(media, await media.list(), signal);
  const [problem] = problems;
  if (problem !== undefined) throw new CopyError('INCOMPLETE', `${problem.message}; media verify tells all`);
  if (images.length === 0) throw new CopyError('NOT_FOUND', `${dir}: has no images`);
  const holders = new Map<Digest, { repository: string; blob: Blob }>();
  for (const { repository, tree } of images) {
    for (const blob of blobsOf(tree)) holders.set(blob.digest, { repository, blob });
  }
  const manifests = new Map(images.flatMap(({ tree }) => manifestBytes(tree)));
  for (const digest of manifests.keys()) holders.delete(digest);
  for (const { repository, blob } of holders.values()) await media.source(repository).checkBlob(blob, { signal });
  const has = new Set(have?.blobs.map(({ digest }) => digest));
  const small = (path: string, bytes: Uint8Array): ContentItem => ({
    path,
    size: bytes.byteLength,
    digest: digestOf(bytes),
    open: async () => chunksOf(bytes),
  });
  const extra = await extraFiles(media);
  const files = [
    small('oci-layout', LAYOUT_MARKER),
    small('index.json', indexOf(images)),
    ...extra.map(([path, bytes]) => small(path, bytes)),
  ];
  const blobs = [...holders.values()].filter(({ blob }) => !has.has(blob.digest));
  const items = [
    ...files,
    ...[...manifests].map(([digest, bytes]) => ({ ...small(layoutPath(digest), bytes), digest })).sort(byPath),
    ...blobs
      .map(({ repository, blob }) => ({
        path: layoutPath(blob.digest),
        ...blob,
        open: () => media.source(repository).openBlob(blob, 0, { signal }),
      }))
      .sort(byPath),
  ];
  const manifest = {
    format: media.format,
    images: images.map(({ repository, tag, digest }) => ({ repository, ...(tag !== undefined && { tag }), digest })),
    files: files.map(({ path, size, digest }) => ({ path, size, digest })),
    blobs: sortedBlobs([
      ...[...holders.values()].map(({ blob }) => blob),
      ...[...manifests].map(([digest, { byteLength }]) => ({ digest, size: byteLength })),
    ]),
    leftOut: [...holders.keys()].filter((digest) => has.has(digest)).sort(),
  };
  return { manifest, items };
}

function manifestBytes({ manifest, children }: ImageTree): [Digest, Uint8Array][] {
  return [[manifest.digest, manifest.bytes], ...children.flatMap(manifestBytes)];
}

/** The index of a layout with all images. */
function indexOf(images: readonly MediaImage[]): Buffer {
  const entries = images.map(({ repository, tag, tree }): Descriptor => {
    const { mediaType, digest, bytes } = tree.manifest;
    const name = tag === undefined ? {} : { annotations: { [REF_NAME]: layoutName(repository, tag) } };
    return { mediaType, digest, size: bytes.byteLength, ...name };
  });
  return layoutIndexBytes(entries);
}

/** Signatures and resources beside the images. */
async function extraFiles({ folder }: MediaFolder): Promise<[path: string, bytes: Buffer][]> {
  const names = (await folder.list('config')).sort();
  if (names.length > MOST_EXTRA)
    throw new CopyError('TOO_LARGE', `${folder.path('config')}: has more than ${MOST_EXTRA} files`);
  const files: [string, Buffer][] = [];
  for (const name of names) {
    const path = `config/${name}`;
    if (!EXTRA_FILE.test(path)) {
      const words = 'has a name that not all file systems take: use small letters, digits, ".", "-" and "_"';
      throw new CopyError('INVALID', `${folder.path(path)}: ${words}`);
    }
    files.push([path, await folder.read(path, LARGEST_EXTRA)]);
  }
  return files;
}

function byPath(a: PackItem, b: PackItem): number {
  return a.path < b.path ? -1 : 1;
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
