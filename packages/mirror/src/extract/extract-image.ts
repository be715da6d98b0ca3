import { posix } from 'node:path';
import type { Blob, Waiting } from '@longshore/distribution';
import { entryPath, linkDestination } from './entry-path.js';
import { FolderWriter } from './folder-writer.js';
import { imageEntries, type ImageEntry } from './image-entries.js';
import type { ReadLimits } from './layer-entries.js';
import { mappedPath, type PathMapping } from './path-mapping.js';
import type { ReadableSource } from './readable-source.js';

export interface ExtractOptions extends Waiting {
  limits: ReadLimits;
  /** Files and folders, no links. */
  onlyFiles: boolean;
  /** Owners and special bits as in the image. */
  preserveOwnership: boolean;
  onExtracted: (entry: ImageEntry, mapping: PathMapping) => void;
  /** What could not become a file here, and why. */
  onSkipped: (path: string, reason: string) => void;
}

/**
 * Writes what can be seen in some layers below the destinations of mappings, which must be there (registry.md 9). Errors:
 * ImageError, also for what archives do to lead out of a destination; those of the source. Files that were written before an error
 * stay.
 */
export async function extractImage(
  source: ReadableSource,
  layers: readonly Blob[],
  mappings: readonly PathMapping[],
  options: ExtractOptions,
): Promise<void> {
  const { limits, signal } = options;
  const writers: [PathMapping, FolderWriter][] = [];
  for (const mapping of mappings) writers.push([mapping, await FolderWriter.open(mapping.destination, options)]);
  for await (const entry of imageEntries(source, layers, limits, { signal })) {
    const [found] = writers.flatMap(([mapping, writer]) => {
      const path = mappedPath(mapping, entry.path);
      return path === undefined ? [] : [{ mapping, writer, path }];
    });
    if (found === undefined) continue;
    const reason = await write(found.writer, found.path, entry, found.mapping, options);
    if (reason === undefined) options.onExtracted(entry, found.mapping);
    else options.onSkipped(entry.path, reason);
  }
  for (const [, writer] of writers) await writer.finish();
}

/** Undefined when it is there now, otherwise why not. */
async function write(
  writer: FolderWriter,
  path: string,
  entry: ImageEntry,
  mapping: PathMapping,
  { onlyFiles }: ExtractOptions,
): Promise<string | undefined> {
  switch (entry.type) {
    case 'directory':
      await writer.folder(path, entry);
      return undefined;
    case 'file':
      await writer.file(path, entry);
      return undefined;
    case 'symlink': {
      if (onlyFiles) return 'is a link';
      const target = linkText(path, entry, mapping);
      if (target === undefined) return `is a link to ${entry.linkTarget}, which is not extracted`;
      await writer.symlink(path, target, entry);
      return undefined;
    }
    case 'hardlink': {
      const existing = mappedPath(mapping, entryPath(entry.linkTarget));
      const isThere = existing !== undefined && (await writer.hardlink(path, existing));
      return isThere ? undefined : `is another name of ${entry.linkTarget}, which is not extracted`;
    }
    case 'special':
      return 'is a device or a pipe';
  }
}

/** What a symbolic link says here: `/` is the image's root, so an absolute link becomes a relative one. */
function linkText(path: string, { path: inImage, linkTarget }: ImageEntry, mapping: PathMapping): string | undefined {
  const target = mappedPath(mapping, linkDestination(inImage, linkTarget));
  if (target === undefined) return undefined;
  if (!linkTarget.startsWith('/')) return linkTarget;
  return posix.relative(posix.dirname(`/${path}`), `/${target}`) || '.';
}
