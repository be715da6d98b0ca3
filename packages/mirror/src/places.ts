import { join, resolve } from 'node:path';
import {
  ImageArchive,
  ImageFolder,
  Journal,
  OciLayout,
  registrySource,
  RegistryTarget,
  S3Repository,
  S3Store,
} from '@longshore/distribution';
import type { ImageSource, ImageTarget, PullSourcesOf, RegistryClient, S3Access } from '@longshore/distribution';
import { askedTarget } from './asked-target.js';
import { closeAll } from './close-all.js';
import { folderSource, FolderPlaces, type FolderFormat } from './folder-places.js';
import { repositoryText } from './place-name.js';
import type { PlaceName } from './place-name.js';

/** Memory for chunks of uploads, all together; two for each. */
const CHUNK_MEMORY = 96 * 1024 * 1024;
const [SMALLEST_CHUNK, LARGEST_CHUNK] = [1024 * 1024, 16 * 1024 * 1024];

export interface PlaceOptions {
  client: RegistryClient;
  /** How object stores are reached. Default: with TLS, and the credentials of the usual cloud chain. */
  s3?: S3Access;
  /** Where file:// sources and destinations are. */
  sourceDir: string;
  targetDir: string;
  /** How file:// destinations are written: repositories with links, or one OCI layout. Default: as the folder is, else v2. */
  format?: FolderFormat | undefined;
  /** Where is kept what registries are known to have. */
  stateDir: string;
  /** Blobs are mounted from one repository of a registry in another. */
  mount: boolean;
  /** Nothing is written anywhere. */
  dryRun: boolean;
  /** How much is done with a registry at a time. */
  maxPerRegistry: number;
  /** What stands in for registries that are read from. Default: nothing. */
  pullSources?: PullSourcesOf;
}

/** Makes sources and targets of names, each once, and locks the folders that are written to until it is closed. */
export class Places {
  readonly #sources = new Map<string, ImageSource>();
  readonly #targets = new Map<string, ImageTarget>();
  readonly #journals = new Map<string, Journal>();
  readonly #archives: ImageArchive[] = [];
  readonly #stores = new Map<string, S3Store>();
  readonly #folders: FolderPlaces;
  readonly #chunkBytes: number;

  /** @param targets what will be written to: the more registries, the smaller the chunks that are sent to each */
  constructor(
    readonly options: PlaceOptions,
    targets: readonly PlaceName[],
  ) {
    const hosts = new Set(targets.map(({ host }) => host)).size;
    const share = Math.floor(CHUNK_MEMORY / 2 / (hosts * options.maxPerRegistry));
    this.#folders = new FolderPlaces(options.dryRun);
    this.#chunkBytes = Math.min(Math.max(share, SMALLEST_CHUNK), LARGEST_CHUNK);
  }

  /** Places that are only read, with folders below `dir`. */
  static toRead(client: RegistryClient, s3: S3Access, dir: string): Places {
    const nothing = { stateDir: '', mount: false, dryRun: true, maxPerRegistry: 1 };
    return new Places({ client, s3, sourceDir: dir, targetDir: dir, ...nothing }, []);
  }

  source(name: PlaceName): ImageSource {
    const key = keyOf(name);
    const made = this.#sources.get(key) ?? this.#makeSource(name);
    this.#sources.set(key, made);
    return made;
  }

  /** Errors: CopyError, LOCKED while somebody else writes there. */
  async target(name: PlaceName): Promise<ImageTarget> {
    const key = keyOf(name);
    const made = this.#targets.get(key) ?? askedTarget(await this.#makeTarget(name));
    this.#targets.set(key, made);
    return made;
  }

  /** Writes down what has been learnt. Errors: CopyError when that is not possible. */
  async close(): Promise<void> {
    const journals = [...this.#journals.values()];
    await closeAll([
      ...journals.map((journal) => () => journal.flush().finally(() => journal.close())),
      ...[...this.#archives, ...this.#stores.values(), this.#folders].map((open) => () => open.close()),
    ]);
  }

  #makeSource(name: PlaceName): ImageSource {
    const { kind, host = '', repository } = name;
    const { client, sourceDir, pullSources } = this.options;
    switch (kind) {
      case 'registry':
        return registrySource(client, { host, name: repository }, pullSources);
      case 'file':
        return folderSource(sourceDir, repository);
      case 'oci':
        return new OciLayout(repository);
      case 'dir':
        return new ImageFolder(repository);
      case 'oci-archive':
      case 'docker-archive':
        return new ImageArchive(kind, repository);
      case 's3':
        return this.#bucketRepository(name);
    }
  }

  async #makeTarget(name: PlaceName): Promise<ImageTarget> {
    const { kind, host = '', repository } = name;
    const { targetDir, dryRun } = this.options;
    switch (kind) {
      case 'registry':
        return this.#registryTarget(host, repository);
      case 'file':
        return this.#folders.target(targetDir, repository, this.options.format);
      case 'oci':
        return this.#folders.target(repository, '', 'oci');
      case 'dir':
        // Before anything is written into it.
        await new ImageFolder(repository).checkFolder();
        return new ImageFolder(repository, await this.#folders.journal(resolve(repository)));
      case 'oci-archive':
      case 'docker-archive': {
        const archive = new ImageArchive(kind, repository);
        this.#archives.push(archive);
        if (!dryRun) await archive.begin();
        return archive;
      }
      case 's3':
        return this.#bucketRepository(name);
    }
  }

  #bucketRepository({ host = '', bucket = { region: '', name: '' }, repository }: PlaceName): S3Repository {
    const { region, name } = bucket;
    const key = `${host} ${region} ${name}`;
    const store = this.#stores.get(key) ?? new S3Store({ host, region, bucket: name }, this.options.s3 ?? {});
    this.#stores.set(key, store);
    return new S3Repository(store, repository);
  }

  async #registryTarget(host: string, name: string): Promise<ImageTarget> {
    const { client, stateDir, mount } = this.options;
    // Without it, as in a home that cannot be written to, less is mounted.
    const path = join(stateDir, `${encodeURIComponent(host)}.journal`);
    const journal = await this.#journal(path).catch(() => undefined);
    return new RegistryTarget(client, { host, name }, { chunkBytes: this.#chunkBytes, journal, mount });
  }

  async #journal(path: string): Promise<Journal> {
    const journal = this.#journals.get(path) ?? (await (this.options.dryRun ? Journal.peek(path) : Journal.open(path)));
    this.#journals.set(path, journal);
    return journal;
  }
}

function keyOf(name: PlaceName): string {
  return `${name.kind} ${repositoryText(name)}`;
}
