import { resolve } from 'node:path';
import { isDigest, isRepositoryName } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import type { Journal } from './journal.js';
import { LayoutFiles } from './layout-files.js';
import { findInLayout, layoutName, refName, splitLayoutName } from './layout-index.js';
import { digestIfWhole, readNamed } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, PutOptions } from './place.js';

/**
 * An OCI image layout in a folder: all content once under `blobs/`, names in `index.json`. `at` gives a repository of it, whose
 * tags are the names that begin with the repository: `org/app:v1`.
 */
export class OciLayout implements ImageSource, ImageTarget {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly repository: string;
  readonly isLocal = true;
  readonly mountName: string | undefined;
  readonly canLink: boolean;
  readonly sharesBlobs = true;
  readonly #files: LayoutFiles;
  /** Empty for the layout itself. */
  readonly #prefix: string;

  constructor(root: string, journal?: Journal, repository = '', files = new LayoutFiles(root, journal)) {
    const isPart = repository !== '';
    this.#files = files;
    this.#prefix = repository;
    this.store = resolve(root);
    this.name = isPart ? `file://${repository}` : `oci:${root}`;
    this.storeLabel = isPart ? this.store : this.name;
    this.repository = isPart ? repository : '.';
    this.mountName = isPart ? repository : undefined;
    this.canLink = isPart;
  }

  /** A repository of the layout. Errors: CopyError INVALID for a name that is none. */
  at(repository: string): OciLayout {
    if (!isRepositoryName(repository)) {
      throw new CopyError('INVALID', `${JSON.stringify(repository)} does not name a repository`);
    }
    return new OciLayout(this.#files.folder.root, undefined, repository, this.#files);
  }

  /** By name or digest; the empty name is that of an index with a single entry. */
  async manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest> {
    if (isDigest(reference)) return this.#files.manifest(reference, reading);
    const name = layoutName(this.#prefix, reference);
    const { digest } = findInLayout(await this.#files.entries(), name, this.name);
    return readNamed(`${this.name}:${reference}`, () => this.#files.manifest(digest, reading));
  }

  /** Reading it costs as much as asking. */
  async peek(): Promise<undefined> {
    return undefined;
  }

  /** Of a manifest that is there, whole. */
  async digestOf(reference: string): Promise<Digest | undefined> {
    return digestIfWhole(() => this.manifest(reference));
  }

  async *tags(): AsyncGenerator<string, void, undefined> {
    for (const entry of await this.#files.entries()) {
      const name = refName(entry);
      if (name === undefined) continue;
      const { repository, tag } = splitLayoutName(name);
      if (this.#prefix === '') yield name;
      else if (repository === this.#prefix) yield tag;
    }
  }

  /** What the index lists: images, those without a name, too. */
  async images(): Promise<{ name: string | undefined; digest: Digest }[]> {
    return (await this.#files.entries()).map((entry) => ({ name: refName(entry), digest: entry.digest }));
  }

  /** How many bytes there are of a blob; undefined when it is not here. */
  blobSize(digest: Digest): Promise<number | undefined> {
    return this.#files.blobs.size(digest);
  }

  openBlob(blob: Blob, start: number): Promise<AsyncIterable<Uint8Array>> {
    return this.#files.blobs.read(blob, start);
  }

  checkBlob(blob: Blob): Promise<void> {
    return this.#files.blobs.check(blob);
  }

  hasBlob(blob: Blob): Promise<boolean> {
    return this.#files.blobs.has(blob);
  }

  knownElsewhere(): undefined {
    return undefined;
  }

  /** All repositories have the same blobs. */
  linkBlob(blob: Blob): Promise<boolean> {
    return this.#files.blobs.has(blob);
  }

  writeBlob(blob: Blob): Promise<BlobSink> {
    return this.#files.blobs.write(blob);
  }

  /** Without a tag it is a part of another one, or known by its digest alone: then the index names it without a name. */
  async putManifest(manifest: RemoteManifest, { tag, isChild }: PutOptions): Promise<void> {
    const descriptor = await this.#files.writeManifest(manifest);
    if (isChild && tag === undefined) return;
    await this.#files.enter(descriptor, tag === undefined ? undefined : layoutName(this.#prefix, tag));
  }
}
