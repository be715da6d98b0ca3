import { createHash } from 'node:crypto';
import {
  digestOf,
  isDigest,
  makeDigest,
  ManifestError,
  MediaType,
  normalizeReference,
  parseManifest,
  parseReference,
  parseStrictJson,
} from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import type { ArchiveReader } from './archive-reader.js';
import { layoutPath } from './layout-files.js';
import { LARGEST_MANIFEST } from './local-manifest.js';
import { OciArchive } from './oci-archive.js';
import { CopyError } from './place.js';
import type { Blob } from './place.js';
import type { TarFile } from './tar-file.js';

/** An image as `manifest.json` of such an archive names it. */
interface SavedImage {
  config: string;
  names: string[];
  layers: string[];
}

interface BuiltManifest {
  manifest: RemoteManifest;
  /** The file of each blob. */
  files: ReadonlyMap<Digest, string>;
}

const MANIFEST_FILE = 'manifest.json';
const LARGEST_LIST = 16 * 1024 * 1024;
const [MOST_IMAGES, MOST_LAYERS] = [10_000, 1000];
const GZIP = Buffer.from([0x1f, 0x8b]);
const TAR_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';

/**
 * Images as `docker save` and `podman save` write them: `manifest.json` names the configuration and the layers of each. Where the
 * archive is an OCI layout too, the image's own manifest is taken; otherwise one is made, so the digest is not that of the registry
 * from which the image came.
 */
export class DockerArchive implements ArchiveReader {
  readonly #layout: OciArchive;
  readonly #built = new Map<SavedImage, Promise<BuiltManifest>>();
  #images: Promise<SavedImage[]> | undefined;

  constructor(readonly tar: TarFile) {
    this.#layout = new OciArchive(tar);
  }

  async manifest(reference: string): Promise<RemoteManifest> {
    const images = await this.#saved();
    if (isDigest(reference)) {
      for (const image of images) {
        const { manifest } = await this.#manifestOf(image);
        if (manifest.digest === reference) return manifest;
      }
      throw new CopyError('NOT_FOUND', `${this.tar.path}: has no image ${reference}`);
    }
    const [image, another] = reference === '' ? images : images.filter(({ names }) => hasName(names, reference));
    if (image === undefined) {
      throw new CopyError('NOT_FOUND', `${this.tar.path}: has no image ${JSON.stringify(reference)}`);
    }
    if (another !== undefined && reference === '') {
      throw new CopyError('INVALID', `${this.tar.path}: has several images; name one`);
    }
    return (await this.#manifestOf(image)).manifest;
  }

  async names(): Promise<string[]> {
    return (await this.#saved()).flatMap(({ names }) => names);
  }

  async fileOf({ digest }: Blob): Promise<string> {
    for (const built of this.#built.values()) {
      const file = (await built).files.get(digest);
      if (file !== undefined) return file;
    }
    return layoutPath(digest);
  }

  #saved(): Promise<SavedImage[]> {
    this.#images ??= this.tar
      .read(MANIFEST_FILE, LARGEST_LIST)
      .then((bytes) => parseSavedImages(bytes, `${this.tar.path}: ${MANIFEST_FILE}`));
    return this.#images;
  }

  #manifestOf(image: SavedImage): Promise<BuiltManifest> {
    const built = this.#built.get(image) ?? this.#build(image);
    this.#built.set(image, built);
    return built;
  }

  async #build(image: SavedImage): Promise<BuiltManifest> {
    const config = await this.tar.read(image.config, LARGEST_MANIFEST);
    const digest = digestOf(config);
    const own = await this.#ownManifest(digest);
    if (own !== undefined) return { manifest: own, files: new Map() };
    const files = new Map([[digest, image.config]]);
    const diffIds = readDiffIds(config, `${this.tar.path}: ${image.config}`);
    if (diffIds.length !== image.layers.length) {
      const words = `${image.layers.length} layers, and its configuration ${diffIds.length}`;
      throw new CopyError('INVALID', `${this.tar.path}: the image of ${image.config} has ${words}`);
    }
    const layers: object[] = [];
    for (const [index, name] of image.layers.entries()) {
      const layer = await this.#layer(name, diffIds[index] as Digest);
      files.set(layer.digest, name);
      layers.push(layer);
    }
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.dockerManifest,
        config: { mediaType: MediaType.dockerConfig, size: config.byteLength, digest },
        layers,
      }),
    );
    return { manifest: { bytes, digest: digestOf(bytes), mediaType: MediaType.dockerManifest }, files };
  }

  /** What a layer says of itself is compared with its content when it is copied. A compressed one says nothing. */
  async #layer(name: string, diffId: Digest): Promise<{ mediaType: string; size: number; digest: Digest }> {
    const size = await this.tar.size(name);
    if (size === undefined) throw new CopyError('INCOMPLETE', `${this.tar.path}: has no layer ${JSON.stringify(name)}`);
    const hash = createHash('sha256');
    let isFirst = true;
    for await (const chunk of await this.tar.stream(name, 0)) {
      if (isFirst && !Buffer.from(chunk.subarray(0, GZIP.length)).equals(GZIP)) {
        return { mediaType: TAR_LAYER, size, digest: diffId };
      }
      isFirst = false;
      hash.update(chunk);
    }
    if (isFirst) return { mediaType: TAR_LAYER, size, digest: diffId };
    return { mediaType: MediaType.dockerLayer, size, digest: makeDigest('sha256', hash.digest('hex')) };
  }

  /** The manifest of the layout beside it that has this configuration. */
  async #ownManifest(config: Digest): Promise<RemoteManifest | undefined> {
    if ((await this.tar.size('index.json')) === undefined) return undefined;
    for (const { digest } of await this.#layout.entries()) {
      if ((await this.tar.size(layoutPath(digest))) === undefined) continue;
      const manifest = await this.#layout.manifest(digest);
      if (configOf(manifest) === config) return manifest;
    }
    return undefined;
  }
}

function configOf({ bytes, mediaType }: RemoteManifest): Digest | undefined {
  try {
    return parseManifest(bytes, mediaType).config?.digest;
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}

/** `app` and `docker.io/library/app:latest` are one name. */
function hasName(names: readonly string[], wanted: string): boolean {
  const whole = wholeName(wanted);
  return names.some((name) => name === wanted || (whole !== undefined && wholeName(name) === whole));
}

function wholeName(name: string): string | undefined {
  try {
    const { registry, repository, tag } = normalizeReference(parseReference(name));
    return `${registry}/${repository}:${tag}`;
  } catch {
    return undefined;
  }
}

function parseSavedImages(bytes: Buffer, where: string): SavedImage[] {
  const invalid = (words: string, cause?: unknown) => new CopyError('INVALID', `${where}: ${words}`, { cause });
  let list: unknown;
  try {
    list = parseStrictJson(bytes);
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
  if (!Array.isArray(list)) throw invalid('is not a list of images');
  if (list.length > MOST_IMAGES) throw new CopyError('TOO_LARGE', `${where}: has more than ${MOST_IMAGES} images`);
  return list.map((one: unknown) => {
    const { Config: config, RepoTags, Layers: layers } = (one ?? {}) as Record<string, unknown>;
    const names = RepoTags ?? [];
    if (typeof config !== 'string' || !areTexts(names) || !areTexts(layers)) {
      throw invalid('has an image without Config, RepoTags and Layers');
    }
    if (layers.length > MOST_LAYERS) {
      throw new CopyError('TOO_LARGE', `${where}: has an image of more than ${MOST_LAYERS} layers`);
    }
    return { config, names, layers };
  });
}

function readDiffIds(config: Buffer, where: string): Digest[] {
  let value: unknown;
  try {
    value = parseStrictJson(config);
  } catch (error) {
    throw new CopyError('INVALID', `${where}: ${(error as Error).message}`, { cause: error });
  }
  const { rootfs } = (value ?? {}) as { rootfs?: { diff_ids?: unknown } };
  const ids = rootfs?.diff_ids;
  if (areTexts(ids) && ids.every(isDigest)) return ids;
  throw new CopyError('INVALID', `${where}: has no rootfs.diff_ids with digests`);
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
