import type { ReadableSource } from '@longshore/mirror';
import {
  componentsOfStream,
  parseComponentMapping,
  readComponentMappings,
  readReleaseFolder,
  type ReleaseComponent,
  type ReleaseContent,
  type ReleaseFolder,
} from '@longshore/mirror/release';
import { formatReference } from '@longshore/oci';
import { parse as parseYaml } from 'yaml';
import { CliError } from '../../cli-error.js';
import type { ImageReader } from '../../image/image-reader.js';
import { parseImageLocation } from '../../image/image-location.js';
import { note } from '../../note.js';
import { inSession } from '../../session/session.js';
import { IMAGE_STREAMS } from '../../streams/stream-api.js';
import { readUserFile } from '../../user-file.js';
import { findRelease } from './find-release.js';
import type { ReleaseNewOptions } from './new.js';
import { locateRelease } from './release-location.js';

/** Of what a release is made. */
export interface ReleaseInputs {
  /** In the order of their names. */
  components: ReleaseComponent[];
  /** Those that a user has given himself. */
  overridden: Set<string>;
  sourceOf: (component: ReleaseComponent) => ReadableSource;
  /** What is said where the images come from, and holds unless something else is given. */
  defaults: Partial<Pick<ReleaseContent, 'version' | 'created' | 'previous' | 'next' | 'metadata'>>;
  /** Whose manifests are not to be taken from the images. */
  folder?: ReleaseFolder;
}

/** What a release takes over from one place, before a user changes it. */
interface Origin extends Pick<ReleaseInputs, 'components' | 'defaults' | 'folder'> {
  sourceOf?: ReleaseInputs['sourceOf'];
  /** In messages. */
  name: string;
}

const LARGEST_STREAM = 16 * 1024 * 1024;
const LARGEST_MAPPING = 16 * 1024 * 1024;

/** Reads of what a release is to be made. Errors: CliError, ReleaseError, ApiError, those of registries and folders. */
export async function readInputs(
  reader: ImageReader,
  overrides: readonly string[],
  options: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<ReleaseInputs> {
  const origin = await readOrigin(reader, options, signal);
  if (origin !== undefined) note(`info: Found ${origin.components.length} images in ${origin.name}`);
  const { components, defaults, folder, sourceOf } = origin ?? { components: [], defaults: {} };
  const chosen = chooseComponents(components, options);
  const own = await readOverrides(reader, overrides, options, signal);
  for (const one of own) chosen.set(one.name, one);
  const overridden = new Set(own.map(({ name }) => name));
  return {
    components: [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    overridden,
    sourceOf: (component) =>
      sourceOf === undefined || overridden.has(component.name)
        ? reader.find(component.pullSpec).source
        : sourceOf(component),
    defaults,
    ...(folder !== undefined && { folder }),
  };
}

async function readOrigin(
  reader: ImageReader,
  options: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<Origin | undefined> {
  const { fromImageStream, fromImageStreamFile, fromRelease, fromDir, referenceMode } = options;
  if (fromRelease !== undefined) {
    const text = await findRelease(fromRelease, { ...options, onNote: note, signal });
    const { release, sourceOf } = await locateRelease(reader, text, { signal });
    return { name: 'release', sourceOf, ...takenOver(release) };
  }
  if (fromDir !== undefined) {
    const folder = await naming(fromDir, () => readReleaseFolder(fromDir));
    return { name: fromDir, ...takenOver(folder), folder };
  }
  if (fromImageStream !== undefined) {
    const stream = await inSession(options, ({ client, namespace }) =>
      client.get(IMAGE_STREAMS, fromImageStream, { namespace, signal }),
    );
    return { name: 'image stream', components: componentsOfStream(stream, referenceMode), defaults: {} };
  }
  if (fromImageStreamFile === undefined) return undefined;
  const bytes = await readUserFile(fromImageStreamFile, LARGEST_STREAM);
  const components = await naming(fromImageStreamFile, () =>
    componentsOfStream((parseYaml(bytes.toString(), { maxAliasCount: 100 }) ?? {}) as object, referenceMode),
  );
  return { name: 'image stream', components, defaults: {} };
}

function takenOver({ references, metadata }: Pick<ReleaseFolder, 'references' | 'metadata'>) {
  const { version, created, components } = references;
  const { previous = [], next = [], metadata: more = {} } = metadata ?? {};
  const defaults = { version, ...(created !== undefined && { created }), previous, next, metadata: more };
  return { components, defaults };
}

async function naming<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n');
    throw new CliError(message.includes(file) ? message : `${file}: ${message}`, 2, { cause: error });
  }
}

function chooseComponents(
  known: readonly ReleaseComponent[],
  { include, exclude }: ReleaseNewOptions,
): Map<string, ReleaseComponent> {
  const all = new Map(known.map((one) => [one.name, one]));
  for (const name of [...include, ...exclude]) {
    if (!all.has(name)) throw new CliError(`there is no image ${name} to include or to exclude`, 2);
  }
  return new Map(
    [...all].filter(([name]) => (include.length === 0 || include.includes(name)) && !exclude.includes(name)),
  );
}

/** Those of the command line come last, and count. */
async function readOverrides(
  reader: ImageReader,
  overrides: readonly string[],
  { mappingFile }: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<ReleaseComponent[]> {
  const files = [];
  for (const file of mappingFile) {
    files.push(...readComponentMappings((await readUserFile(file, LARGEST_MAPPING)).toString(), file));
  }
  const found: ReleaseComponent[] = [];
  for (const { name, pullSpec } of [...files, ...overrides.map(parseComponentMapping)]) {
    found.push({ name, ...(await imageByDigest(reader, pullSpec, signal)), annotations: {} });
  }
  return found;
}

/** An image as a release names it: by its digest alone. Errors: CliError, those of registries. */
export async function imageByDigest(
  reader: ImageReader,
  pullSpec: string,
  signal: AbortSignal,
): Promise<Pick<ReleaseComponent, 'pullSpec' | 'digest'>> {
  const { kind, reference } = parseImageLocation(pullSpec);
  if (kind !== 'registry') throw new CliError(`${pullSpec}: a release names images of registries`, 2);
  const { registry = '', repository } = reference;
  const { source, reference: wanted } = reader.find(pullSpec);
  const digest = reference.digest ?? (await source.manifest(wanted, { signal })).digest;
  return { pullSpec: formatReference({ registry, repository, digest }), digest };
}
