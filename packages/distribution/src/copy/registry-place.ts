import type { Digest } from '@longshore/oci';
import type { RepositoryOptions } from '../client/options.js';
import type { RegistryClient } from '../client/registry-client.js';
import type { RemoteManifest, RemoteRepository, Waiting } from '../client/remote-repository.js';
import type { RepositoryWriter } from '../client/repository-writer.js';
import { RemoteError } from '../remote-error.js';
import type { RepositoryName } from '../repository-name.js';
import type { Journal } from './journal.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, ManifestReading, PutOptions } from './place.js';

/** A repository of a registry to copy from. */
export class RegistrySource implements ImageSource {
  readonly name: string;
  readonly store: string;
  readonly isLocal = false;
  readonly mountName: string;
  readonly #repository: RemoteRepository;

  constructor(client: RegistryClient, name: RepositoryName, options: RepositoryOptions = {}) {
    this.#repository = client.repository(name, options);
    this.store = this.#repository.name.host;
    this.mountName = this.#repository.name.name;
    this.name = `${name.host}/${name.name}`;
  }

  manifest(reference: string, options: ManifestReading): Promise<RemoteManifest> {
    return this.#repository.manifest(reference, options);
  }

  async peek(tag: string, { signal }: Waiting): Promise<{ digest: Digest; mediaType: string } | undefined> {
    const { digest, mediaType } = await this.#repository.statManifest(tag, { signal });
    return digest === undefined ? undefined : { digest, mediaType };
  }

  tags({ signal }: Waiting): AsyncIterable<string> {
    return this.#repository.tags({ signal });
  }

  async openBlob({ digest, size }: Blob, start: number, { signal }: Waiting): Promise<AsyncIterable<Uint8Array>> {
    const { size: found, body } = await this.#repository.blob(digest, { signal, start, verify: false });
    if (found === size) return body as AsyncIterable<Uint8Array>;
    body.destroy();
    throw new CopyError('DIGEST_MISMATCH', `${this.name}@${digest}: has ${found} bytes; its manifest says ${size}`);
  }

  async checkBlob({ digest }: Blob, { signal }: Waiting): Promise<void> {
    await this.#repository.statBlob(digest, { signal });
  }
}

/** How blobs are written to registries. */
export interface RegistryTargetOptions {
  /** Bytes of a chunk; two of them are in memory for each upload. */
  chunkBytes: number;
  /** Remembers which repository has which blob, for the next run. */
  journal?: Journal | undefined;
  /** False: blobs are never mounted. */
  mount: boolean;
}

/** A repository of a registry to copy to. */
export class RegistryTarget implements ImageTarget {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly repository: string;
  readonly isLocal = false;
  readonly #writer: RepositoryWriter;
  readonly #options: RegistryTargetOptions;
  /** Uploads that the registry began in place of mounts. */
  readonly #begun = new Map<Digest, string>();

  constructor(client: RegistryClient, name: RepositoryName, options: RegistryTargetOptions) {
    this.#writer = client.writer(name);
    this.#options = options;
    this.name = `${name.host}/${name.name}`;
    this.store = this.#writer.name.host;
    this.storeLabel = `${name.host}/`;
    this.repository = this.#writer.name.name;
  }

  get canLink(): boolean {
    return this.#options.mount;
  }

  checkAccess(options: Waiting): Promise<void> {
    return this.#writer.checkPush(options);
  }

  /** Blobs without a tag are those of an earlier run, which noted them. */
  async isNew({ signal }: Waiting): Promise<boolean> {
    const isNoted = ([key, repository]: readonly [string, string]) =>
      repository === this.repository && key.startsWith(`${this.store} `);
    if ([...(this.#options.journal?.entries() ?? [])].some(isNoted)) return false;
    return !(await this.#writer.isKnown({ signal }));
  }

  digestOf(reference: string, { signal }: Waiting): Promise<Digest | undefined> {
    return this.#writer.manifestDigest(reference, { signal });
  }

  async hasBlob({ digest }: Blob, { signal }: Waiting): Promise<boolean> {
    const has = await this.#writer.hasBlob(digest, { signal });
    if (has) this.#remember(digest);
    return has;
  }

  knownElsewhere({ digest }: Blob): string | undefined {
    const known = this.#options.mount ? this.#options.journal?.get(`${this.store} ${digest}`) : undefined;
    return known === this.repository ? undefined : known;
  }

  async linkBlob({ digest }: Blob, from: string, { signal }: Waiting): Promise<boolean> {
    try {
      const begun = await this.#writer.mountBlob(digest, from, { signal });
      if (begun !== undefined) this.#begun.set(digest, begun);
      else this.#remember(digest);
      return begun === undefined;
    } catch (error) {
      // No right to read there, or no such repository any more: the bytes will have to come.
      if (error instanceof RemoteError && REFUSED_MOUNT.has(error.code)) return false;
      throw error;
    }
  }

  async writeBlob(blob: Blob, { signal }: Waiting): Promise<BlobSink> {
    const location = this.#begun.get(blob.digest);
    this.#begun.delete(blob.digest);
    const { chunkBytes } = this.#options;
    const begin = (at: { location?: string }) => this.#writer.uploadBlob(blob, { signal, chunkBytes, ...at });
    let upload = begin(location === undefined ? {} : { location });
    return {
      offset: 0,
      restart: async () => {
        await upload.abort();
        upload = begin({});
      },
      write: (chunk) => upload.write(chunk),
      finish: async () => {
        await upload.finish();
        this.#remember(blob.digest);
      },
      abort: () => upload.abort(),
    };
  }

  async abandon(): Promise<void> {
    const begun = [...this.#begun];
    this.#begun.clear();
    await Promise.all(begun.map(([digest, location]) => this.#writer.cancelUpload(location, digest)));
  }

  async putManifest(manifest: RemoteManifest, { tag, signal }: PutOptions): Promise<void> {
    await this.#writer.putManifest(manifest, tag ?? manifest.digest, { signal });
  }

  #remember(digest: Digest): void {
    this.#options.journal?.set(`${this.store} ${digest}`, this.repository);
  }
}

const REFUSED_MOUNT: ReadonlySet<string> = new Set([
  'UNAUTHORIZED',
  'DENIED',
  'WRONG_CREDENTIALS',
  'NOT_FOUND',
  'INVALID',
]);
