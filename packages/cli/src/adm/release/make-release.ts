import { parsePlaceName, type PlaceName, type ReadableSource } from '@longshore/mirror';
import { buildRelease, composeRelease, signableContent, type BuiltImage } from '@longshore/mirror/build';
import { readImage, type Image } from '@longshore/mirror/extract';
import {
  componentMappings,
  imageReferences,
  parseComponentVersions,
  readComponents,
  releaseFiles,
  releaseLayer,
  writeReleaseFolder,
  type ReleaseComponent,
  type ReleaseContent,
} from '@longshore/mirror/release';
import { formatReference, parseDigest, parseReference, type Digest } from '@longshore/oci';
import { CliError } from '../../cli-error.js';
import { ImageReader } from '../../image/image-reader.js';
import { note } from '../../note.js';
import { ownVersion } from '../../own-version.js';
import { writeUserFile } from '../../user-file.js';
import type { ReleaseNewOptions } from './new.js';
import { pushRelease } from './push-release.js';
import { imageByDigest, readInputs, type ReleaseInputs } from './release-inputs.js';

/** A release for several platforms says the same in each of its images. */
const LINUX_AMD64 = (platform: string) => platform === 'linux/amd64';

/** Makes a release and puts it where it shall go. Errors: CliError, ReleaseError, ImageError, MirrorError, those of registries. */
export async function makeRelease(
  overrides: readonly string[],
  options: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<void> {
  const { keepManifestList: keepList = false, output } = options;
  const [mirror, target] = [placeOf('--mirror', options.mirror), placeOf('--to-image', options.toImage)];
  if (mirror?.tag !== undefined) throw new CliError('--mirror names a repository, and no tag', 2);
  const reader = await ImageReader.open(options);
  try {
    const inputs = await readInputs(reader, overrides, options, signal);
    const images = await readImages(inputs, options, signal);
    const base = await baseOf(reader, inputs, options, signal);
    const { version, ...details } = contentOf(inputs.defaults, options);
    const baseImage = await readImage(base.source, base.digest, { matches: LINUX_AMD64, signal });
    const architecture = keepList && baseImage.listDigest !== undefined ? undefined : architectureOf(baseImage);
    const { components, mappings } =
      mirror === undefined
        ? { components: inputs.components, mappings: [] }
        : componentMappings(inputs.components, mirror, { version, architecture });
    const content = await composeRelease({
      version,
      ...details,
      components,
      images,
      overridden: inputs.overridden,
      versions: parseComponentVersions(options.componentVersions ?? ''),
      folder: inputs.folder,
      allowMissing: options.allowMissingImages === true,
      check: options.skipManifestCheck !== true,
      onNote: note,
      signal,
    });
    const built = await buildRelease(content, base, { keepList, matches: LINUX_AMD64, onNote: note, signal });
    await pushRelease(reader, { mappings, built, target }, options, signal);
    if (options.dryRun !== true) await writeFiles(content, built, options);
    process.stdout.write(
      output === 'json'
        ? `${JSON.stringify(imageReferences(content), undefined, 2)}\n`
        : `${built.digest} ${version} ${content.created}\n`,
    );
  } finally {
    await reader.close();
  }
}

/** A repository of a registry, maybe with a tag. */
function placeOf(option: string, text: string | undefined): PlaceName | undefined {
  if (text === undefined) return undefined;
  const place = parsePlaceName(text);
  if (place.kind !== 'registry') throw new CliError(`${option}: ${text} is no repository of a registry`, 2);
  if (place.digest !== undefined || place.pattern !== undefined) {
    throw new CliError(`${option}: ${text} must not have a digest or a wildcard`, 2);
  }
  return place;
}

function architectureOf({ config }: Image): string {
  const { architecture } = config;
  return typeof architecture === 'string' ? architecture : 'amd64';
}

/** Of a folder, only what has come to its images is unknown. */
function readImages(
  { components, folder, overridden, sourceOf }: ReleaseInputs,
  { maxPerRegistry }: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<Map<string, Image>> {
  const wanted = folder === undefined ? components : components.filter(({ name }) => overridden.has(name));
  const onRead = ({ name, digest }: (typeof components)[number]) => note(`info: Loading ${digest} ${name}`);
  return readComponents(wanted, { sourceOf, matches: LINUX_AMD64, concurrency: maxPerRegistry, onRead, signal });
}

async function baseOf(
  reader: ImageReader,
  { components, sourceOf }: ReleaseInputs,
  { toImageBase, toImageBaseTag }: ReleaseNewOptions,
  signal: AbortSignal,
) {
  if (toImageBase !== undefined) {
    const image = await imageByDigest(reader, toImageBase, signal);
    return baseAt(image, reader.find(image.pullSpec).source);
  }
  const component = components.find(({ name }) => name === toImageBaseTag);
  if (component === undefined) throw new CliError(`the release has no image ${toImageBaseTag} to be laid over`);
  return baseAt(component, sourceOf(component));
}

function baseAt({ pullSpec, digest }: Pick<ReleaseComponent, 'pullSpec' | 'digest'>, source: ReadableSource) {
  const { registry: store = '', repository } = parseReference(pullSpec);
  return { source, store, repository, digest: parseDigest(digest) };
}

/** What is given, and for the rest what is said where the images come from. */
function contentOf(
  defaults: ReleaseInputs['defaults'],
  { name, previous, next, metadata }: ReleaseNewOptions,
): Pick<ReleaseContent, 'version' | 'created' | 'previous' | 'next' | 'metadata'> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  // As 2026-11-22-022515.
  const dated = `0.0.1-${now.replace('T', '-').replace(/[:Z]/g, '')}`;
  return {
    version: name ?? defaults.version ?? dated,
    created: defaults.created ?? now,
    previous: previous ?? defaults.previous ?? [],
    next: next ?? defaults.next ?? [],
    metadata: metadata ?? defaults.metadata ?? {},
  };
}

async function writeFiles(
  content: ReleaseContent,
  { digest }: BuiltImage,
  { toDir, toFile, toSignature, toImage }: ReleaseNewOptions,
): Promise<void> {
  const files = releaseFiles(content);
  if (toDir !== undefined) {
    await writeReleaseFolder(files, toDir).catch((cause: Error) => {
      throw new CliError(`${toDir} cannot be written: ${cause.message}`, 1, { cause });
    });
  }
  if (toFile !== undefined) {
    const { bytes } = await releaseLayer(files, content.modified);
    await writeUserFile(toFile, bytes);
  }
  if (toSignature !== undefined && toImage !== undefined) {
    await writeUserFile(toSignature, signable(digest, toImage, content));
  }
}

function signable(digest: Digest, toImage: string, { created }: ReleaseContent): string {
  const { tag: _tag, ...repository } = parseReference(toImage);
  const pullSpec = formatReference({ ...repository, digest });
  return signableContent(digest, { pullSpec, creator: `longshore/${ownVersion()}`, created: new Date(created) });
}
