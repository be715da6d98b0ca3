import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CopyError, fileFailure, Folder, StoreLimits } from '@longshore/distribution';
import type { Blob, CopyEvent, CopyPlan, ImageSource, ImageTarget, WantedImage } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { FolderPlaces, formatOf } from '../folder-places.js';
import { mirrorImages, type MirrorProblem } from '../mirror-images.js';
import { LAYOUT_NAMES, type PackedFile } from './archive-manifest.js';
import { MediaArchive, type LeftOutSource } from './media-archive.js';
import { MediaFolder } from './media-folder.js';

export interface UnpackOptions {
  signal: AbortSignal;
  /** Images are taken over although blobs of them are missing that the archive leaves out. */
  allowPartial: boolean;
  /** What is going to be written. */
  onPlan: (plan: CopyPlan) => void;
  onEvent: (event: CopyEvent) => void;
  onError: (problem: MirrorProblem) => void;
}

export interface Unpacked {
  /** How many there are. */
  images: number;
  /** Blobs that neither the archive nor the folder has. */
  missing: Blob[];
}

/**
 * Unpacks an archive of media into a folder, in the format of the folder that was packed; what is there stays, and is not written
 * again. Content becomes visible when it fits its digest, a tag when its image is whole, but for what `allowPartial` lets be missing
 * (mirror.md 9.3, example 20). Errors: CopyError, INCOMPLETE for missing parts and blobs, which it names; MirrorError of the copying; the
 * signal's reason.
 */
export async function unpackMedia(archiveDir: string, dir: string, options: UnpackOptions): Promise<Unpacked> {
  const { signal } = options;
  const archive = await MediaArchive.open(archiveDir);
  await archive.checkHeaders(signal);
  const { format, images, files } = archive.manifest;
  await mkdir(dir, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
    throw fileFailure(error, dir);
  });
  const places = new FolderPlaces(false);
  try {
    const journal = await places.journal(resolve(dir));
    const elsewhere = formatOf(dir) === undefined ? new Map<Digest, string>() : await repositoriesByDigest(dir);
    for (const [digest, repository] of elsewhere) journal.set(digest, repository);
    const wanted: WantedImage[] = [];
    const leftOut = sourcesOfLeftOut(dir, elsewhere);
    const missing = await archive.missing(leftOut);
    if (missing.length > 0 && !options.allowPartial) throw archive.lacking(missing);
    const sources = new Map<string, ImageSource>();
    const targets = new Map<string, ImageTarget>();
    for (const { repository, tag, digest } of images) {
      const source = sources.get(repository) ?? archive.source(repository, leftOut);
      sources.set(repository, source);
      const target = targets.get(repository) ?? withoutBlobs(await places.target(dir, repository, format), missing);
      targets.set(repository, target);
      wanted.push({ source, reference: digest, targets: [{ target, tag }] });
    }
    await mirrorImages(wanted, {
      ...options,
      selection: { keepList: true },
      force: false,
      skipMissing: false,
      continueOnError: false,
      dryRun: false,
      limits: new StoreLimits(),
      onNote: () => undefined,
    });
    await writeExtraFiles(archive, dir, files);
    return { images: images.length, missing };
  } finally {
    await places.close();
  }
}

/** A folder into which some blobs never come. Changes it in place. */
function withoutBlobs(target: ImageTarget, blobs: readonly Blob[]): ImageTarget {
  if (blobs.length === 0) return target;
  const left = new Set(blobs.map(({ digest }) => digest));
  const hasBlob = target.hasBlob.bind(target);
  target.hasBlob = async (blob, options) => left.has(blob.digest) || hasBlob(blob, options);
  return target;
}

/** Signatures and resources beside the images. */
async function writeExtraFiles(archive: MediaArchive, dir: string, files: readonly PackedFile[]): Promise<void> {
  const folder = new Folder(dir);
  for (const file of files.filter(({ path }) => !LAYOUT_NAMES.has(path))) {
    const bytes = await archive.readSmall(file.path, file);
    await folder.makeFolder(dirname(file.path));
    await folder.write(file.path, bytes);
  }
}

/** A repository of a folder that has a blob, by digest. A layout has all of them in one place. */
async function repositoriesByDigest(dir: string): Promise<Map<Digest, string>> {
  const media = MediaFolder.open(dir);
  if (media.format === 'oci') return new Map();
  const { contents } = await media.list();
  return new Map(
    contents.flatMap(({ path, digest }) => {
      const end = path.lastIndexOf('/blobs/');
      return end < 0 ? [] : [[digest, path.slice('v2/'.length, end)] as const];
    }),
  );
}

/** What an archive leaves out may be anywhere in the folder. */
function sourcesOfLeftOut(dir: string, repositories: ReadonlyMap<Digest, string>): LeftOutSource {
  const media = formatOf(dir) === undefined ? undefined : MediaFolder.open(dir);
  return async (blob) => {
    const repository = media?.format === 'oci' ? '' : repositories.get(blob.digest);
    if (media === undefined || repository === undefined) return undefined;
    const source = media.source(repository);
    try {
      await source.checkBlob(blob, { signal: new AbortController().signal });
      return source;
    } catch (error) {
      if (error instanceof CopyError) return undefined;
      throw error;
    }
  };
}
