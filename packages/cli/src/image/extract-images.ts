import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  allEntries,
  extractImage,
  fileMapping,
  imageEntries,
  mappedPath,
  parsePathMapping,
  ReadLimits,
  readImage,
  selectLayers,
  splitLayerSelector,
  type Image,
  type PathMapping,
} from '@longshore/mirror/extract';
import type { Descriptor } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import { visible } from '../visible.js';
import type { ImageExtractOptions } from './extract.js';
import { ImageReader } from './image-reader.js';
import { platformFilter } from './platform-filter.js';

/** Writes, or lists, what is asked for of each image in turn. Errors: CliError, ImageError, those of registries and folders. */
export async function extractImages(
  texts: readonly string[],
  options: ImageExtractOptions,
  signal: AbortSignal,
): Promise<void> {
  const { allLayers = false, dryRun = false, confirm = false, filterByOs } = options;
  if (allLayers && !dryRun) throw new CliError('--all-layers is for --dry-run', 2);
  const mappings = readMappings(options);
  const asked = texts.map(splitLayerSelector);
  const matches = filterByOs === undefined ? undefined : platformFilter(filterByOs);
  if (!dryRun) for (const { destination } of mappings) await checkDestination(destination, confirm);
  const reader = await ImageReader.open(options);
  try {
    for (const { image: text, selector } of asked) {
      const { source, reference } = reader.find(text);
      const image = await readImage(source, reference, { matches, signal });
      const layers = selectLayers(image.manifest.layers, selector);
      await (dryRun ? list : extract)(image, layers, mappings, options, signal);
    }
  } finally {
    await reader.close();
  }
}

/** Without any, the whole image goes to this folder. */
function readMappings({ path, file }: ImageExtractOptions): PathMapping[] {
  const mappings = [...path.map(parsePathMapping), ...file.map((name) => fileMapping(name, '.'))];
  return mappings.length > 0 ? mappings : [{ folder: '', destination: '.' }];
}

async function checkDestination(folder: string, confirm: boolean): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new CliError(`${folder} is no folder`, 2);
    if (confirm || (await readdir(folder)).length === 0) return;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${folder}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}; it must be there`, 2);
  }
  throw new CliError(`${folder} is not empty; pass --confirm to write there`, 2);
}

async function extract(
  { source }: Image,
  layers: readonly Descriptor[],
  mappings: readonly PathMapping[],
  { file, onlyFiles = false, preserveOwnership = false, maxEntries }: ImageExtractOptions,
  signal: AbortSignal,
): Promise<void> {
  const found = new Set<PathMapping>();
  await extractImage(source, layers, mappings, {
    limits: new ReadLimits(maxEntries),
    onlyFiles,
    preserveOwnership,
    onExtracted: (_, mapping) => found.add(mapping),
    onSkipped: (path, reason) => process.stderr.write(`warning: ${visible(`${path} ${reason}`)}\n`),
    signal,
  });
  const missing = mappings
    .slice(mappings.length - file.length)
    .find((mapping) => file.length > 0 && !found.has(mapping));
  if (missing !== undefined) {
    throw new CliError(`image did not contain ${visible(join(missing.folder, missing.pattern ?? ''))}`);
  }
}

async function list(
  { source }: Image,
  layers: readonly Descriptor[],
  mappings: readonly PathMapping[],
  { allLayers = false, maxEntries }: ImageExtractOptions,
  signal: AbortSignal,
): Promise<void> {
  const entries = (allLayers ? allEntries : imageEntries)(source, layers, new ReadLimits(maxEntries), { signal });
  let layer = '';
  for await (const entry of entries) {
    if (!mappings.some((mapping) => mappedPath(mapping, entry.path) !== undefined)) continue;
    if (allLayers && entry.layer.digest !== layer) process.stdout.write(`${entry.layer.digest}\n`);
    layer = entry.layer.digest;
    const { type, mode, size, path, linkTarget } = entry;
    const link = linkTarget === '' ? '' : ` -> ${linkTarget}`;
    const bits = mode.toString(8).padStart(4, '0');
    process.stdout.write(`${LETTERS[type]} ${bits} ${String(size).padStart(10)} ${visible(`${path}${link}`)}\n`);
  }
}

const LETTERS = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h', special: 's' };
