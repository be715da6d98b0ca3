import { readFile, writeFile } from 'node:fs/promises';
import { RegistryTarget, StoreLimits } from '@longshore/distribution';
import { mirrorImages } from '@longshore/mirror';
import { buildRelease, signableContent } from '@longshore/mirror/build';
import type { Image } from '@longshore/mirror/extract';
import { parseImageReferences, readComponent, type Release, type ReleaseComponent } from '@longshore/mirror/release';
import { formatReference, parseReference } from '@longshore/oci';
import { parse as parseYaml } from 'yaml';
import { CliError } from '../../cli-error.js';
import { ImageReader } from '../../image/image-reader.js';
import { parseImageLocation } from '../../image/image-location.js';
import { ownVersion } from '../../own-version.js';
import type { ReleaseNewOptions } from './new.js';
import { locateRelease } from './release-location.js';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Makes a release and pushes it. Errors: CliError, ReleaseError, ImageError, MirrorError, those of registries. */
export async function makeRelease(
  overrides: readonly string[],
  options: ReleaseNewOptions,
  signal: AbortSignal,
): Promise<void> {
  const reader = await ImageReader.open(options);
  try {
    const from =
      options.fromRelease === undefined ? undefined : await locateRelease(reader, options.fromRelease, { signal });
    const components = await chooseComponents(overrides, from?.release, options);
    process.stderr.write(`info: Found ${components.length} images\n`);
    const images = await readImages(reader, components, signal);
    const content = contentOf(from?.release, options);
    const base = components.find(({ name }) => name === options.toImageBaseTag);
    if (base === undefined) throw new CliError(`the release has no image ${options.toImageBaseTag} to be laid over`);
    const { registry = '', repository } = parseReference(base.pullSpec);
    const built = await buildRelease({
      ...content,
      components,
      images,
      base: base.name,
      place: { store: registry, repository },
      signal,
    });
    const target = options.toImage === undefined ? undefined : parseImageLocation(options.toImage);
    if (target !== undefined && target.kind !== 'registry') {
      throw new CliError(`--to-image: ${target.text} is no repository of a registry`, 2);
    }
    if (target !== undefined && options.dryRun !== true) await push(reader, built, target.reference, signal);
    if (options.toSignature !== undefined) {
      const { registry: host, repository: name } = target?.reference ?? { registry, repository };
      const pullSpec = formatReference({
        ...(host !== undefined && { registry: host }),
        repository: name,
        digest: built.digest,
      });
      const created = new Date(content.created);
      await writeFile(
        options.toSignature,
        signableContent(built.digest, { pullSpec, creator: `longshore/${ownVersion()}`, created }),
      );
    }
    process.stdout.write(`${built.digest} ${content.version} ${content.created}\n`);
  } finally {
    await reader.close();
  }
}

/** Those of the source, with the replaced and the chosen ones, in the order of their names. */
async function chooseComponents(
  overrides: readonly string[],
  from: Release | undefined,
  { fromImageStreamFile, include, exclude }: ReleaseNewOptions,
): Promise<ReleaseComponent[]> {
  const known =
    from?.references.components ?? (fromImageStreamFile === undefined ? [] : await readStream(fromImageStreamFile));
  const all = new Map(known.map((one) => [one.name, one]));
  for (const name of [...include, ...exclude]) {
    if (!all.has(name)) throw new CliError(`there is no image ${name} to include or to exclude`, 2);
  }
  const chosen = new Map(
    [...all].filter(([name]) => (include.length === 0 || include.includes(name)) && !exclude.includes(name)),
  );
  for (const text of overrides) {
    const [, name = '', pullSpec = ''] = OVERRIDE.exec(text) ?? [];
    const { digest, tag } = name === '' ? {} : parseImageLocation(pullSpec).reference;
    if (digest === undefined || tag !== undefined) {
      throw new CliError(`${text}: must be COMPONENT=PULLSPEC, with a digest and without a tag`, 2);
    }
    chosen.set(name, { name, pullSpec, digest, annotations: {} });
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const OVERRIDE = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,127})=(\S+)$/;

async function readStream(file: string): Promise<ReleaseComponent[]> {
  try {
    const object: unknown = parseYaml(await readFile(file, 'utf8'), { maxAliasCount: 100 });
    return parseImageReferences(Buffer.from(JSON.stringify(object ?? null))).components;
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, 2, { cause: error });
  }
}

async function readImages(
  reader: ImageReader,
  components: readonly ReleaseComponent[],
  signal: AbortSignal,
): Promise<Map<string, Image>> {
  const images = new Map<string, Image>();
  const matches = (platform: string) => platform === 'linux/amd64';
  for (const component of components) {
    process.stderr.write(`info: Loading ${component.digest} ${component.name}\n`);
    const { source } = reader.find(component.pullSpec);
    images.set(component.name, await readComponent(component, source, { matches, signal }));
  }
  return images;
}

/** What is given, and for the rest what the other release says. */
function contentOf(from: Release | undefined, { name, previous, next, metadata }: ReleaseNewOptions) {
  const version = name ?? from?.references.version;
  if (version === undefined) throw new CliError('name the version by --name', 2);
  const now = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  return {
    version,
    created: from?.references.created ?? now,
    previous: previous ?? from?.metadata?.previous ?? [],
    next: next ?? from?.metadata?.next ?? [],
    metadata: metadata ?? from?.metadata?.metadata ?? {},
  };
}

async function push(
  { client }: ImageReader,
  built: Awaited<ReturnType<typeof buildRelease>>,
  { registry: host = '', repository: name, tag, digest }: ReturnType<typeof parseReference>,
  signal: AbortSignal,
): Promise<void> {
  if (digest !== undefined) throw new CliError('--to-image names a tag, and no digest', 2);
  const target = new RegistryTarget(client, { host, name }, { chunkBytes: CHUNK_BYTES, mount: true });
  await mirrorImages([{ source: built, reference: built.digest, targets: [{ target, tag: tag ?? 'latest' }] }], {
    selection: { keepList: false },
    force: true,
    skipMissing: false,
    continueOnError: false,
    dryRun: false,
    limits: new StoreLimits(),
    signal,
    onPlan: () => undefined,
    onEvent: () => undefined,
    onNote: () => undefined,
    onError: ({ message }) => process.stderr.write(`error: ${message}\n`),
  });
  process.stderr.write(
    `info: Pushed to ${formatReference({ registry: host, repository: name, tag: tag ?? 'latest' })}\n`,
  );
}
