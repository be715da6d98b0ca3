import { platformName, type ManifestReading } from '@longshore/distribution';
import { readSmallBlob, type ReadableSource } from '@longshore/mirror';
import { digestAlgorithm, digestOf, MediaType, parseManifest } from '@longshore/oci';
import type { Descriptor, Digest, ParsedManifest } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import { locationName } from './image-location.js';
import type { FoundImage } from './image-reader.js';
import { selectPlatforms } from './platform-filter.js';
import { alignColumns } from '../align-columns.js';

/** What there is to tell of an image. */
export interface ImageReport {
  name: string;
  /** By which the image was asked for, or which its source names. */
  digest: Digest;
  /** Of the bytes that came: another one when somebody has changed them. */
  contentDigest: Digest;
  /** Of the list that it was chosen from. */
  listDigest?: Digest;
  /** Of the bytes of the list, when it is another one. */
  listContentDigest?: Digest;
  mediaType: string;
  artifactType?: string;
  layers: Descriptor[];
  /** As its maker wrote it; artifacts have none that could be read. */
  config?: Record<string, unknown>;
}

export interface ReadImagesOptions {
  /** Which platforms of a list. Default: all, which must be one. */
  matches?: ((name: string) => boolean) | undefined;
  /** Several images of a list are several reports. */
  showMultiarch: boolean;
  /** Whether content must fit its digest. */
  verify: boolean;
  signal: AbortSignal;
}

const CONTAINER_CONFIGS: ReadonlySet<string> = new Set([MediaType.dockerConfig, MediaType.ociConfig]);
/** A configuration is a few kilobytes; what is larger is not read. */
const LARGEST_CONFIG = 4 * 1024 * 1024;
/** More than any list has that people make. */
const MOST_REPORTS = 1000;

/** Reads an image, or those of a list that are asked for. Errors: CliError, ManifestError, those of the source. */
export async function readImages(
  { location, source, reference }: FoundImage,
  { matches, showMultiarch, ...reading }: ReadImagesOptions,
): Promise<ImageReport[]> {
  const name = locationName(location);
  const { bytes, digest } = await source.manifest(reference, reading);
  const manifest = parseManifest(bytes);
  if (manifest.kind === 'image') return [await reportOf(source, manifest, { name, digest }, reading)];
  const listContentDigest = digestOf(bytes, digestAlgorithm(digest));
  const list = { name, listDigest: digest, ...(listContentDigest !== digest && { listContentDigest }) };
  const chosen = selectPlatforms(manifest.manifests, matches);
  if (chosen.length === 0) throw new CliError(`${name}: no image of the list matches; it has:\n\n${table(manifest)}`);
  if (chosen.length > 1 && !showMultiarch) throw new CliError(severalImages(manifest));
  if (chosen.length > MOST_REPORTS) throw new CliError(`${name}: the list has more than ${MOST_REPORTS} images`);
  const reports: ImageReport[] = [];
  for (const child of chosen) {
    const found = await source.manifest(child.digest, reading);
    const image = parseManifest(found.bytes);
    if (image.kind === 'index') {
      throw new CliError(`${name}: ${child.digest} is a list itself; ask for it by its digest`);
    }
    reports.push(await reportOf(source, image, { ...list, digest: found.digest }, reading));
  }
  return reports;
}

async function reportOf(
  source: ReadableSource,
  manifest: ParsedManifest,
  known: Pick<ImageReport, 'name' | 'digest' | 'listDigest' | 'listContentDigest'>,
  reading: ManifestReading,
): Promise<ImageReport> {
  const { mediaType, layers, config, raw, artifactType = config?.mediaType } = manifest;
  const contentDigest = digestOf(raw, digestAlgorithm(known.digest));
  const whole = { ...known, contentDigest, mediaType, layers };
  if (config === undefined || !CONTAINER_CONFIGS.has(config.mediaType)) {
    return { ...whole, ...(artifactType !== undefined && { artifactType }) };
  }
  return { ...whole, config: parseConfig(await readSmallBlob(source, config, LARGEST_CONFIG, reading), known.name) };
}

function parseConfig(bytes: Buffer, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, without the content.
  }
  throw new CliError(`${name}: the configuration of the image is not a JSON object`);
}

function severalImages(list: ParsedManifest): string {
  const words = 'the image is a manifest list and contains multiple images - use --filter-by-os to select from:';
  return `${words}\n\n${table(list)}`;
}

function table({ manifests }: ParsedManifest): string {
  const rows = manifests.map((one) => [platformName(one), one.digest]);
  return alignColumns([['OS', 'DIGEST'], ...rows])
    .map((line) => `  ${line}\n`)
    .join('');
}
