import type { Waiting } from '@longshore/distribution';
import { layerEntries, ReadLimits } from '../extract/layer-entries.js';
import { LayerView } from '../extract/layer-view.js';
import { readImage, type Image, type ReadImageOptions } from '../extract/read-image.js';
import type { ReadableSource } from '../extract/readable-source.js';
import { componentVersions, type ComponentVersion } from './component-versions.js';
import { IMAGE_REFERENCES, parseImageReferences, type ImageReferences } from './image-references.js';
import { textOf } from './json-object.js';
import { ReleaseError } from './release-error.js';
import { parseReleaseMetadata, RELEASE_METADATA, type ReleaseMetadata } from './release-metadata.js';

/** A release image, read (mirror.md 1.7). */
export interface Release {
  image: Image;
  /** RFC 3339, of the image. */
  created: string | undefined;
  references: ImageReferences;
  metadata: ReleaseMetadata | undefined;
  versions: ComponentVersion[];
  /** What is below `release-manifests/`, in the order of the archive. */
  files: ReadonlyMap<string, Buffer>;
  /** What is odd about it, but keeps nobody from using it. */
  warnings: string[];
}

export const RELEASE_FOLDER = 'release-manifests';
export const LARGEST_FILE = 16 * 1024 * 1024;
export const LARGEST_SUM = 128 * 1024 * 1024;
export const MOST_FILES = 10_000;

/**
 * Reads a release by tag or digest, from a registry or from a folder. Errors: ReleaseError NOT_A_RELEASE, INVALID; ImageError,
 * ManifestError, those of the source.
 */
export async function readRelease(
  source: ReadableSource,
  reference: string,
  options: ReadImageOptions,
): Promise<Release> {
  const image = await readImage(source, reference, options);
  const files = await releaseFiles(image, options);
  const stream = files.get(IMAGE_REFERENCES);
  if (stream === undefined) {
    throw new ReleaseError('NOT_A_RELEASE', `unable to load ${IMAGE_REFERENCES} from release payload`);
  }
  const references = parseImageReferences(stream);
  const metadataFile = files.get(RELEASE_METADATA);
  const metadata = metadataFile && parseReleaseMetadata(metadataFile);
  const { versions, warnings } = componentVersions(references.components);
  const created = textOf(image.config['created']);
  if (metadata === undefined) warnings.push(`the release has no ${RELEASE_METADATA}`);
  else if (metadata.version !== references.version) {
    warnings.push(`${RELEASE_METADATA} is of ${metadata.version}, ${IMAGE_REFERENCES} of ${references.version}`);
  }
  return { image, created, references, metadata, versions, files, warnings };
}

/** The manifests of a release, without the two files that tell of the release itself. */
export function componentManifests({ files }: Release): Map<string, Buffer> {
  const rest = new Map(files);
  rest.delete(IMAGE_REFERENCES);
  rest.delete(RELEASE_METADATA);
  return rest;
}

/** The files of the topmost layer that has any; what is below it is not fetched. */
async function releaseFiles({ source, manifest }: Image, { signal }: Waiting): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const [view, limits] = [new LayerView(), new ReadLimits()];
  let sum = 0;
  for (const layer of [...manifest.layers].reverse()) {
    for await (const entry of layerEntries(source, layer, limits, { signal })) {
      const isMeant = entry.path.startsWith(`${RELEASE_FOLDER}/`);
      if (!view.shows(entry) || !isMeant || entry.type !== 'file') continue;
      const name = entry.path.slice(RELEASE_FOLDER.length + 1);
      sum += entry.size;
      if (entry.size > LARGEST_FILE || sum > LARGEST_SUM || files.size >= MOST_FILES) {
        throw new ReleaseError('INVALID', `${source.name}: ${RELEASE_FOLDER} has more than is read`);
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry.body) chunks.push(chunk);
      files.set(name, Buffer.concat(chunks));
    }
    if (files.has(IMAGE_REFERENCES)) break;
    view.descend();
  }
  return files;
}
