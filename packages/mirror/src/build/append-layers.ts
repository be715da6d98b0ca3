import { platformName } from '@longshore/distribution';
import { parseManifest, type Digest, type ParsedManifest } from '@longshore/oci';
import { readImage, type ReadImageOptions } from '../extract/read-image.js';
import { buildImage, buildIndex, scratchImage, type BuildOptions, type NewImage } from './build-image.js';
import { BuiltImage, type BasePlace } from './built-image.js';
import type { NewLayer } from './new-layer.js';

export interface AppendOptions extends ReadImageOptions, BuildOptions {
  layers: readonly NewLayer[];
  /** Lays the layers over each image of a list that matches, and keeps the list. */
  keepList: boolean;
  /** Lines for people: what is left out, and why. */
  onNote: (note: string) => void;
}

/**
 * Lays layers over an image (registry.md 9). Errors: as of `readImage`.
 *
 * @param reference tag or digest of the base
 */
export async function appendLayers(
  base: BasePlace,
  reference: string,
  { layers, keepList, ...options }: AppendOptions,
): Promise<BuiltImage> {
  const { source } = base;
  if (keepList) {
    const top = await source.manifest(reference, options);
    const manifest = parseManifest(top.bytes, top.mediaType);
    if (manifest.kind === 'index') return appendToList(base, manifest, { layers, ...options });
  }
  return new BuiltImage(buildImage(await readImage(source, reference, options), layers, options), base);
}

/** Makes an image for Linux of nothing but layers. */
export function layersAlone(
  layers: readonly NewLayer[],
  { architecture, ...options }: BuildOptions & { architecture: string },
): BuiltImage {
  return new BuiltImage(buildImage(scratchImage(architecture), layers, options), undefined);
}

async function appendToList(
  base: BasePlace,
  list: ParsedManifest,
  options: Omit<AppendOptions, 'keepList'>,
): Promise<BuiltImage> {
  const { matches = () => true, layers, onNote } = options;
  const isImage = ({ platform }: (typeof list.manifests)[number]) =>
    platform !== undefined && platform.os !== 'unknown';
  const images = list.manifests.filter(isImage);
  const others = list.manifests.length - images.length;
  // Such as attestations: what they say is not true of the new images.
  if (others > 0) onNote(`info: ${others} manifests of the list are no images of a platform, and are left out`);
  const replaced = new Map<Digest, NewImage>();
  for (const child of images.filter((one) => matches(platformName(one)))) {
    replaced.set(child.digest, buildImage(await readImage(base.source, child.digest, options), layers, options));
  }
  return new BuiltImage(buildIndex({ ...list, manifests: images }, replaced), base, [...replaced.values()]);
}
