import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Folder } from '@longshore/distribution';
import { IMAGE_REFERENCES, parseImageReferences, type ImageReferences } from './image-references.js';
import { LARGEST_FILE, LARGEST_SUM, MOST_FILES } from './read-release.js';
import { ReleaseError } from './release-error.js';
import type { ReleaseContent } from './release-files.js';
import { parseReleaseMetadata, RELEASE_METADATA, type ReleaseMetadata } from './release-metadata.js';

/** The files of a release, as they stand in a folder. */
export interface ReleaseFolder extends Pick<ReleaseContent, 'manifests' | 'modified'> {
  references: ImageReferences;
  metadata: ReleaseMetadata | undefined;
}

/**
 * Writes the files of a release, or some of them, into a folder, which is made. Names are paths that do not lead out: whoever read them
 * has seen to it. Errors: CopyError, those of the file system.
 */
export async function writeReleaseFolder(files: ReadonlyMap<string, Uint8Array | string>, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const folder = new Folder(dir);
  for (const [name, content] of files) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await folder.write(name, content, 0o666);
  }
}

/**
 * Reads a folder that {@link writeReleaseFolder} has written; manifests in the order of their names. Errors: ReleaseError NOT_A_RELEASE,
 * INVALID; those of the file system.
 */
export async function readReleaseFolder(dir: string): Promise<ReleaseFolder> {
  const manifests = new Map<string, Buffer>();
  let [modified, sum] = [new Date(0), 0];
  for (const name of (await readdir(dir)).sort()) {
    const path = join(dir, name);
    const stats = await stat(path);
    if (!stats.isFile()) throw new ReleaseError('INVALID', `${path}: is no file`);
    sum += stats.size;
    if (stats.size > LARGEST_FILE || sum > LARGEST_SUM || manifests.size >= MOST_FILES) {
      throw new ReleaseError('INVALID', `${dir}: has more than is read`);
    }
    manifests.set(name, await readFile(path));
    // Archives keep whole seconds.
    const time = new Date(Math.floor(stats.mtimeMs / 1000) * 1000);
    if (time > modified) modified = time;
  }
  const references = manifests.get(IMAGE_REFERENCES);
  if (references === undefined) throw new ReleaseError('NOT_A_RELEASE', `${dir}: has no ${IMAGE_REFERENCES}`);
  const metadata = manifests.get(RELEASE_METADATA);
  manifests.delete(IMAGE_REFERENCES);
  manifests.delete(RELEASE_METADATA);
  return {
    references: parseImageReferences(references),
    metadata: metadata && parseReleaseMetadata(metadata),
    manifests,
    modified,
  };
}
