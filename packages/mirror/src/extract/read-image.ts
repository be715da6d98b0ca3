import type { Waiting } from '@longshore/distribution';
import { platformName } from '@longshore/distribution';
import { parseManifest, parseStrictJson } from '@longshore/oci';
import type { Descriptor, Digest, ParsedManifest } from '@longshore/oci';
import { ImageError } from './image-error.js';
import { readSmallBlob, type ReadableSource } from './readable-source.js';

/** An image of one platform: its manifest and its configuration. */
export interface Image {
  source: ReadableSource;
  digest: Digest;
  /** Of the list that it was chosen from. */
  listDigest?: Digest;
  manifest: ParsedManifest;
  config: Record<string, unknown>;
}

export interface ReadImageOptions extends Waiting {
  /** Which image of a list, by `os/arch[/variant]`. Default: the only one that has a platform. */
  matches?: ((platform: string) => boolean) | undefined;
}

const LARGEST_CONFIG = 4 * 1024 * 1024;

/** Reads an image by tag or digest; of a list, the one that matches. Errors: ImageError, ManifestError, those of the source. */
export async function readImage(
  source: ReadableSource,
  reference: string,
  { matches, signal }: ReadImageOptions,
): Promise<Image> {
  const top = await source.manifest(reference, { signal });
  const manifest = parseManifest(top.bytes, top.mediaType);
  if (manifest.kind === 'image') return finish(source, manifest, { digest: top.digest }, signal);
  const child = choose(manifest.manifests, matches, `${source.name}@${top.digest}`);
  const found = await source.manifest(child.digest, { signal });
  const image = parseManifest(found.bytes, found.mediaType);
  if (image.kind === 'index')
    throw new ImageError('INVALID', `${source.name}@${child.digest}: is a list inside a list`);
  return finish(source, image, { digest: found.digest, listDigest: top.digest }, signal);
}

async function finish(
  source: ReadableSource,
  manifest: ParsedManifest,
  digests: Pick<Image, 'digest' | 'listDigest'>,
  signal: AbortSignal,
): Promise<Image> {
  if (manifest.config === undefined) throw new ImageError('INVALID', `${source.name}: the image has no configuration`);
  const bytes = await readSmallBlob(source, manifest.config, LARGEST_CONFIG, { signal });
  return { source, ...digests, manifest, config: parseConfig(bytes, `${source.name}@${digests.digest}`) };
}

function parseConfig(bytes: Uint8Array, name: string): Record<string, unknown> {
  try {
    const value = parseStrictJson(bytes);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new ImageError('INVALID', `${name}: the configuration cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new ImageError('INVALID', `${name}: the configuration is no JSON object`);
}

function choose(children: readonly Descriptor[], matches: ReadImageOptions['matches'], name: string): Descriptor {
  const known = children.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown');
  const chosen = matches === undefined ? known : known.filter((one) => matches(platformName(one)));
  const [first, another] = chosen;
  const offered = known.map(platformName).join(', ');
  if (first === undefined)
    throw new ImageError('NOT_FOUND', `${name}: no image of the list matches; it has ${offered}`);
  if (another === undefined) return first;
  throw new ImageError(
    'USAGE',
    `${name}: the image is a manifest list and contains multiple images - use --filter-by-os to select from: ${offered}`,
  );
}
