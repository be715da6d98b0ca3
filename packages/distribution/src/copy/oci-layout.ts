import { join, resolve } from 'node:path';
import { digestAlgorithm, digestHex, isDigest, ManifestError, MediaType, parseManifest } from '@longshore/oci';
import type { Descriptor, Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { BlobFiles } from './blob-files.js';
import { Folder } from './folder.js';
import type { Journal } from './journal.js';
import { digestIfWhole, LARGEST_MANIFEST, readLocalManifest } from './local-manifest.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, PutOptions } from './place.js';

const REF_NAME = 'org.opencontainers.image.ref.name';
const LARGEST_INDEX = 16 * 1024 * 1024;

/** An OCI image layout in a folder: all content once under `blobs/`, names in `index.json`. */
export class OciLayout implements ImageSource, ImageTarget {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly repository = '.';
  readonly isLocal = true;
  readonly mountName = undefined;
  readonly canLink = false;
  readonly #folder: Folder;
  readonly #blobs: BlobFiles;
  #writing: Promise<void> = Promise.resolve();

  constructor(root: string, journal?: Journal) {
    this.store = resolve(root);
    this.name = `oci:${root}`;
    this.storeLabel = this.name;
    this.#folder = new Folder(root);
    this.#blobs = new BlobFiles(this.#folder, pathOf, journal);
  }

  /** By the name of an entry of the index or by digest; the empty name is that of an index with a single entry. */
  async manifest(reference: string): Promise<RemoteManifest> {
    if (isDigest(reference)) return this.#read(reference);
    const entries = await this.#entries();
    const named = entries.filter(({ annotations }) => annotations?.[REF_NAME] === reference);
    const [entry, another] = reference === '' ? entries : named;
    if (entry === undefined)
      throw new CopyError('NOT_FOUND', `${this.name}: its index names no image ${JSON.stringify(reference)}`);
    if (another !== undefined) {
      throw new CopyError(
        'INVALID',
        `${this.name}: its index has several images ${reference === '' ? '; name one' : `named ${reference}`}`,
      );
    }
    return this.#read(entry.digest);
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
    for (const { annotations } of await this.#entries()) {
      const name = annotations?.[REF_NAME];
      if (name !== undefined) yield name;
    }
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

  knownElsewhere(): undefined {
    return undefined;
  }

  async linkBlob(): Promise<boolean> {
    return false;
  }

  writeBlob(blob: Blob): Promise<BlobSink> {
    return this.#blobs.write(blob);
  }

  /** Without a tag it is a part of another one, or known by its digest alone: then the index names it without a name. */
  async putManifest(manifest: RemoteManifest, { tag, isChild }: PutOptions): Promise<void> {
    const { digest, bytes, mediaType } = manifest;
    const name = pathOf(digest);
    await this.#folder.makeFolder(join(name, '..'));
    if (!(await this.#blobs.has({ digest, size: bytes.byteLength }))) await this.#folder.write(name, bytes);
    await this.#blobs.remember(digest);
    await this.#folder.sync(join(name, '..'));
    if (isChild && tag === undefined) return;
    // One at a time: the index is one file.
    const turn = this.#writing.then(() => this.#enter({ mediaType, digest, size: bytes.byteLength }, tag));
    this.#writing = turn.catch(() => undefined);
    await turn;
  }

  async #enter(descriptor: Descriptor, tag: string | undefined): Promise<void> {
    const isThere = (await this.#folder.stat('index.json')) !== undefined;
    const entries = isThere ? await this.#entries() : [];
    const others = entries.filter(({ digest, annotations }) =>
      tag === undefined ? digest !== descriptor.digest : annotations?.[REF_NAME] !== tag,
    );
    const entry = tag === undefined ? descriptor : { ...descriptor, annotations: { [REF_NAME]: tag } };
    const known = tag === undefined && others.length < entries.length;
    if (known) return;
    if (!isThere) await this.#folder.write('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [...others, entry] };
    await this.#folder.write('index.json', Buffer.from(JSON.stringify(index)));
    await this.#folder.sync('.');
  }

  async #read(digest: Digest): Promise<RemoteManifest> {
    const name = pathOf(digest);
    return readLocalManifest(await this.#folder.read(name, LARGEST_MANIFEST), this.#folder.path(name), digest);
  }

  async #entries(): Promise<Descriptor[]> {
    const bytes = await this.#folder.read('index.json', LARGEST_INDEX);
    try {
      return parseManifest(bytes, MediaType.ociIndex).manifests;
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      throw new CopyError('INVALID', `${this.#folder.path('index.json')}: ${error.message}`, { cause: error });
    }
  }
}

function pathOf(digest: Digest): string {
  return join('blobs', digestAlgorithm(digest), digestHex(digest));
}
