import { join } from 'node:path';
import { isDigest, isRepositoryName, isTag } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { BlobFiles } from './blob-files.js';
import { Folder } from './folder.js';
import type { Journal } from './journal.js';
import { digestIfWhole, LARGEST_MANIFEST, readLocalManifest, readNamed } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, PutOptions } from './place.js';

/** Where names cannot hold a colon. */
const WITHOUT_COLON = process.platform === 'win32';
const DIGEST_NAME = /^(sha256|sha512)-([0-9a-f]+)$/;
const LEFT_OVER = '.download';

/**
 * A repository in a folder as mirroring to files leaves it (mirror.md 1.4): `v2/REPOSITORY/blobs` with all content under its
 * digest, `v2/REPOSITORY/manifests` with hard links to the manifests and, for tags, symbolic links to those.
 */
export class FileRepository implements ImageSource, ImageTarget {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly isLocal = true;
  readonly mountName: string;
  readonly canLink = true;
  readonly #folder: Folder;
  readonly #blobs: BlobFiles;
  readonly #journal: Journal | undefined;

  /**
   * @param journal of a folder that is written to
   * @throws {CopyError} INVALID for a name that is none
   */
  constructor(
    root: string,
    readonly repository: string,
    journal?: Journal,
  ) {
    if (!isRepositoryName(repository))
      throw new CopyError('INVALID', `${JSON.stringify(repository)} does not name a repository`);
    this.name = `file://${repository}`;
    this.store = root;
    this.mountName = repository;
    this.storeLabel = root;
    this.#journal = journal;
    this.#folder = new Folder(root);
    this.#blobs = new BlobFiles(this.#folder, (digest) => this.#existing('blobs', digest), journal);
  }

  async manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest> {
    if (isDigest(reference)) return this.#manifestOf(reference, reading);
    if (!isTag(reference))
      throw new CopyError('INVALID', `${this.name}: ${JSON.stringify(reference)} is neither a tag nor a digest`);
    const name = this.#path('manifests', reference);
    const stats = await this.#folder.stat(name);
    if (stats === undefined)
      throw new CopyError('NOT_FOUND', `${this.name}:${reference}: there is no such image in ${this.store}`);
    // In a copy that was made without links the tag is the manifest itself.
    if (!stats.isSymbolicLink()) {
      return readLocalManifest(await this.#folder.read(name, LARGEST_MANIFEST), this.#folder.path(name));
    }
    const digest = await this.#linkedDigest(reference);
    return readNamed(`${this.name}:${reference}`, () => this.#manifestOf(digest, reading));
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
    const names = await this.#folder.list(this.#path('manifests', ''));
    const isTagName = (name: string) => isTag(name) && !DIGEST_NAME.test(name) && !name.endsWith(LEFT_OVER);
    yield* names.filter(isTagName).sort();
  }

  /** How many bytes there are of a blob; undefined when it is not here. */
  blobSize(digest: Digest): Promise<number | undefined> {
    return this.#blobs.size(digest);
  }

  openBlob(blob: Blob, start: number): Promise<AsyncIterable<Uint8Array>> {
    return this.#blobs.read(blob, start);
  }

  checkBlob(blob: Blob): Promise<void> {
    return this.#blobs.check(blob);
  }

  hasBlob(blob: Blob): Promise<boolean> {
    return this.#blobs.has(blob);
  }

  knownElsewhere({ digest }: Blob): string | undefined {
    const known = this.#journal?.get(digest);
    return known === this.repository ? undefined : known;
  }

  async linkBlob(blob: Blob, from: string): Promise<boolean> {
    const other = new FileRepository(this.store, from, this.#journal);
    if (!(await other.hasBlob(blob))) return false;
    const name = this.#path('blobs', blob.digest);
    await this.#folder.makeFolder(this.#path('blobs', ''));
    if (!(await this.#folder.link(await other.#existing('blobs', blob.digest), name))) return false;
    await this.#remember(blob.digest);
    return true;
  }

  async writeBlob(blob: Blob): Promise<BlobSink> {
    const sink = await this.#blobs.write(blob);
    const finish = sink.finish.bind(sink);
    sink.finish = async () => {
      await finish();
      this.#journal?.set(blob.digest, this.repository);
    };
    return sink;
  }

  async putManifest({ bytes, digest }: RemoteManifest, { tag }: PutOptions): Promise<void> {
    const folder = this.#folder;
    const [blobs, manifests] = [this.#path('blobs', ''), this.#path('manifests', '')];
    for (const name of [blobs, manifests]) await folder.makeFolder(name);
    const blob = this.#path('blobs', digest);
    if (!(await this.#blobs.has({ digest, size: bytes.byteLength }))) await folder.write(blob, bytes);
    await this.#remember(digest);
    const manifest = this.#path('manifests', digest);
    if (!(await folder.link(blob, manifest))) await folder.write(manifest, bytes);
    // What the tag leads to must be durable before the tag is.
    for (const name of [blobs, manifests]) await folder.sync(name);
    if (tag === undefined) return;
    const name = this.#path('manifests', tag);
    if (!(await folder.symlink(fileName(digest), name))) await folder.write(name, bytes);
    await folder.sync(manifests);
  }

  async #remember(digest: Digest): Promise<void> {
    await this.#blobs.remember(digest);
    this.#journal?.set(digest, this.repository);
  }

  async #manifestOf(digest: Digest, reading?: LocalReading): Promise<RemoteManifest> {
    for (const kind of ['manifests', 'blobs'] as const) {
      const name = await this.#existing(kind, digest);
      const stats = await this.#folder.stat(name);
      if (stats === undefined) continue;
      const bytes = await this.#folder.read(name, LARGEST_MANIFEST);
      return readLocalManifest(bytes, this.#folder.path(name), digest, reading);
    }
    throw new CopyError('NOT_FOUND', `${this.name}@${digest}: there is no such manifest in ${this.store}`);
  }

  async #linkedDigest(tag: string): Promise<Digest> {
    const target = await this.#folder.readLink(this.#path('manifests', tag));
    const digest = target.replace(DIGEST_NAME, '$1:$2');
    if (isDigest(digest)) return digest;
    throw new CopyError(
      'INVALID',
      `${this.name}:${tag}: the link leads to ${JSON.stringify(target.slice(0, 200))}, and must lead to a digest beside it`,
    );
  }

  /** The path of what a digest names, as it is written here or on systems whose names hold no colon. */
  async #existing(kind: 'blobs' | 'manifests', digest: Digest): Promise<string> {
    const name = this.#path(kind, digest);
    const other = this.#path(kind, digest.replace(':', '-'));
    const isOther = (await this.#folder.stat(name)) === undefined && (await this.#folder.stat(other)) !== undefined;
    return isOther ? other : name;
  }

  #path(kind: 'blobs' | 'manifests', name: string): string {
    return join('v2', ...this.repository.split('/'), kind, fileName(name));
  }
}

function fileName(name: string): string {
  return WITHOUT_COLON ? name.replace(':', '-') : name;
}
