import {
  pullSources,
  RemoteError,
  type PullReference,
  type PullSource,
  type RemoteManifest,
  type RemoteRepository,
  type RepositoryName,
  type SourcePolicy,
} from '@longshore/distribution';
import { IMAGE_API_VERSION, type Image, type ImportMode } from '@longshore/kube';
import {
  formatReference,
  isTag,
  ManifestError,
  normalizeReference,
  parseManifest,
  type Descriptor,
  type Digest,
  type ParsedManifest,
  type Reference,
} from '@longshore/oci';
import { fillImage, hasContainerConfig } from '../images/describe-image.js';
import { chooseChild, type PlatformPreference } from './child-choice.js';

/** How one image is read. */
export interface ReadOptions {
  /** Plain http and unverified TLS will do. */
  insecure: boolean;
  signal: AbortSignal;
}

export interface ReadImageOptions extends ReadOptions {
  mode: ImportMode;
  preferred: PlatformPreference;
}

export interface RemoteImage {
  image: Image;
  /** What a list refers to, when it was kept as it is. */
  children: Image[];
  /** What was left out of a list, in words. */
  warning?: string;
}

export interface RemoteImagesOptions {
  policy: SourcePolicy;
  /** Repositories by name, over connections that are verified or not. */
  repository: (name: RepositoryName, insecure: boolean) => RemoteRepository;
  /** What mode Legacy prefers when the user does not say. */
  platform: Required<PlatformPreference>;
}

/** Configurations of containers have some kilobytes; more than this is not one. */
const LARGEST_CONFIG = 4 * 1024 * 1024;
/** Manifests below a list, on all levels. */
const MOST_CHILDREN = 500;
const DEEPEST_LIST = 4;
/** Manifests and configurations of one import together, which are in memory until it is over. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Tags of a repository that are looked at. */
const MOST_TAGS = 20_000;

/**
 * Reads images of registries for one import, by way of their mirrors: each tag and each digest of a repository once, as the rate
 * is bounded, and a stream may name a tag that its repository gives, too. Errors: RemoteError, ManifestError.
 */
export class RemoteImages {
  readonly #repositories = new Map<string, OpenRepository>();
  readonly #configs = new Map<string, Promise<string>>();
  #bytes = 0;

  constructor(private readonly options: RemoteImagesOptions) {}

  /** An image with all that the API keeps of it. */
  read(reference: Reference, options: ReadImageOptions): Promise<RemoteImage> {
    return this.#tryEach(reference, options, (repository) => this.#readFrom(repository, reference, options));
  }

  /** The digest that a pull spec has now; undefined when the registry does not tell it without sending the manifest. */
  async digest(reference: Reference, options: ReadOptions): Promise<Digest | undefined> {
    return this.#tryEach(reference, options, async ({ remote }) => {
      return (await remote.statManifest(pointerOf(reference), options)).digest;
    });
  }

  /** The tags of a repository, not ordered. */
  tags(reference: Reference, options: ReadOptions): Promise<string[]> {
    return this.#tryEach(reference, options, async ({ remote }) => {
      const tags = new Set<string>();
      let seen = 0;
      for await (const tag of remote.tags(options)) {
        if (isTag(tag)) tags.add(tag);
        if (++seen === MOST_TAGS) break;
      }
      return [...tags];
    });
  }

  /** Mirrors first. When none has it, what the last place said counts. */
  async #tryEach<T>(
    reference: Reference,
    { insecure, signal }: ReadOptions,
    read: (repository: OpenRepository) => Promise<T>,
  ): Promise<T> {
    let failure: unknown;
    for (const source of pullSources(pullReferenceOf(reference), this.options.policy)) {
      signal.throwIfAborted();
      try {
        return await read(this.#open(source, insecure));
      } catch (error) {
        if (!(error instanceof RemoteError || error instanceof ManifestError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** What was read without verified TLS is not taken for what must have it. */
  #open({ repository: name, insecure }: PullSource, isTagInsecure: boolean): OpenRepository {
    const isInsecure = insecure || isTagInsecure;
    const key = `${name.host}/${name.name} ${isInsecure}`;
    const known = this.#repositories.get(key);
    if (known !== undefined) return known;
    const opened = {
      remote: this.options.repository(name, isInsecure),
      manifests: new Map<string, Promise<Manifest>>(),
    };
    this.#repositories.set(key, opened);
    return opened;
  }

  async #readFrom(repository: OpenRepository, reference: Reference, options: ReadImageOptions): Promise<RemoteImage> {
    const top = await this.#manifest(repository, pointerOf(reference), options.signal);
    if (top.parsed.kind === 'image')
      return { image: await this.#image(repository, reference, top, options), children: [] };
    return options.mode === 'PreserveOriginal'
      ? this.#readList(repository, reference, top, options)
      : this.#readChosen(repository, reference, top, options);
  }

  async #readList(
    repository: OpenRepository,
    reference: Reference,
    list: Manifest,
    options: ReadOptions,
  ): Promise<RemoteImage> {
    const image = await this.#image(repository, reference, list, options);
    const children = new Map<string, Image>();
    const below = [list.parsed.manifests];
    for (const descriptors of below) {
      if (below.length > MOST_CHILDREN || children.size + descriptors.length > MOST_CHILDREN) {
        throw new RemoteError('TOO_LARGE', `the list refers to more than ${MOST_CHILDREN} manifests`);
      }
      for (const { digest } of descriptors) {
        if (children.has(digest)) continue;
        const child = await this.#manifest(repository, digest, options.signal);
        children.set(digest, await this.#image(repository, reference, child, options));
        if (child.parsed.kind === 'index') below.push(child.parsed.manifests);
      }
    }
    return { image, children: [...children.values()] };
  }

  async #readChosen(
    repository: OpenRepository,
    reference: Reference,
    list: Manifest,
    options: ReadImageOptions,
  ): Promise<RemoteImage> {
    let current = list;
    let chosen: Descriptor | undefined;
    for (let depth = 0; current.parsed.kind === 'index'; depth++) {
      chosen = chooseChild(current.parsed.manifests, options.preferred, this.options.platform);
      if (chosen === undefined || depth === DEEPEST_LIST) {
        throw new RemoteError('NOT_FOUND', 'the list of images has no image');
      }
      current = await this.#manifest(repository, chosen.digest, options.signal);
    }
    const image = await this.#image(repository, reference, current, options);
    return { image, children: [], ...reduction(reference, list.parsed.manifests, chosen) };
  }

  async #manifest({ remote, manifests }: OpenRepository, pointer: string, signal: AbortSignal): Promise<Manifest> {
    let reading = manifests.get(pointer);
    if (reading === undefined) {
      reading = readManifest(remote, pointer, signal);
      manifests.set(pointer, reading);
      reading.catch(() => manifests.delete(pointer));
    }
    const manifest = await reading;
    this.#spend(manifest.parsed.raw.byteLength);
    return manifest;
  }

  async #image(
    { remote }: OpenRepository,
    reference: Reference,
    { digest, parsed }: Manifest,
    { signal }: ReadOptions,
  ): Promise<Image> {
    const config = hasContainerConfig(parsed) ? parsed.config : undefined;
    const image: Image = {
      apiVersion: IMAGE_API_VERSION,
      kind: 'Image',
      metadata: { name: digest },
      dockerImageReference: formatReference({ ...reference, digest }, { mostSpecific: true }),
      dockerImageManifest: Buffer.from(parsed.raw).toString(),
      dockerImageManifestMediaType: parsed.mediaType,
      ...(config !== undefined && { dockerImageConfig: await this.#config(remote, config, signal) }),
    };
    fillImage(image);
    return image;
  }

  #spend(bytes: number): void {
    if (this.#bytes + bytes > MOST_BYTES) {
      throw new RemoteError(
        'TOO_LARGE',
        `manifests and configurations of one import have more than ${MOST_BYTES} bytes`,
      );
    }
    this.#bytes += bytes;
  }

  /**
   * Many tags of a repository share a configuration, and the rate is bounded. It counts for each image nevertheless: each gets
   * its own description by it, and stores it.
   */
  async #config(remote: RemoteRepository, config: Descriptor, signal: AbortSignal): Promise<string> {
    if (config.size > LARGEST_CONFIG) throw tooLarge(config);
    this.#spend(config.size);
    const known = this.#configs.get(config.digest);
    if (known !== undefined) return known;
    const reading = readConfig(remote, config, signal);
    this.#configs.set(config.digest, reading);
    reading.catch(() => this.#configs.delete(config.digest));
    return reading;
  }
}

interface Manifest {
  digest: RemoteManifest['digest'];
  parsed: ParsedManifest;
}

/** A repository, and what was read of it by tag and by digest. */
interface OpenRepository {
  remote: RemoteRepository;
  manifests: Map<string, Promise<Manifest>>;
}

async function readManifest(remote: RemoteRepository, pointer: string, signal: AbortSignal): Promise<Manifest> {
  const { bytes, mediaType, digest } = await remote.manifest(pointer, { signal });
  return { digest, parsed: parseManifest(bytes, mediaType) };
}

async function readConfig(remote: RemoteRepository, config: Descriptor, signal: AbortSignal): Promise<string> {
  const { body } = await remote.blob(config.digest, { signal });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > config.size) throw tooLarge(config);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function tooLarge({ size }: Descriptor): RemoteError {
  const bound = `at most ${Math.min(size, LARGEST_CONFIG)} are read`;
  return new RemoteError('TOO_LARGE', `the configuration is said to have ${size} bytes; ${bound}`);
}

function pullReferenceOf(reference: Reference): PullReference {
  const { registry = '', repository, tag, digest } = normalizeReference(reference);
  return {
    host: registry,
    name: repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** A digest wins over a tag. */
function pointerOf(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

function reduction(
  reference: Reference,
  listed: readonly Descriptor[],
  chosen: Descriptor | undefined,
): { warning?: string } {
  const images = listed.filter(({ platform }) => platform?.os !== 'unknown');
  if (images.length < 2) return {};
  const { os = 'unknown', architecture = 'unknown' } = chosen?.platform ?? {};
  const warning =
    `"${formatReference(reference)}" is a list of ${images.length} images, of which the one for ${os}/${architecture} ` +
    'was imported; the import mode PreserveOriginal imports them all';
  return { warning };
}
