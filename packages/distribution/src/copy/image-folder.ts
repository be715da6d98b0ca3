import { join } from 'node:path';
import { digestAlgorithm, digestHex, isDigest } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { BlobFiles } from './blob-files.js';
import { Folder } from './folder.js';
import type { Journal } from './journal.js';
import { digestIfWhole, LARGEST_MANIFEST, readLocalManifest } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';
import { LonePlace } from './lone-place.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, PutOptions } from './place.js';

const MANIFEST_FILE = 'manifest.json';
const VERSION_FILE = 'version';
const VERSION = 'Directory Transport Version: 1.1\n';

/**
 * One image in a folder, as `skopeo copy … dir:FOLDER` writes it: `manifest.json`, a file for each blob that is named by the hex
 * of its digest, `HEX.manifest.json` for the images of a list. Errors: CopyError.
 */
export class ImageFolder extends LonePlace implements ImageSource, ImageTarget {
  readonly #folder: Folder;
  readonly #blobs: BlobFiles;
  #begun: Promise<void> | undefined;

  constructor(root: string, journal?: Journal) {
    super('dir', root);
    this.#folder = new Folder(root);
    this.#blobs = new BlobFiles(this.#folder, hexName, journal);
  }

  /** By digest; anything else is the only image. */
  async manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest> {
    const child = isDigest(reference) ? `${hexName(reference)}.manifest.json` : undefined;
    if (child !== undefined && (await this.#folder.stat(child)) !== undefined) {
      return this.#read(child, reference as Digest, reading);
    }
    return this.#read(MANIFEST_FILE, isDigest(reference) ? reference : undefined, reading);
  }

  /** Of a manifest that is there, whole. */
  async digestOf(reference: string): Promise<Digest | undefined> {
    return digestIfWhole(() => this.manifest(reference));
  }

  /** The image has no name. */
  async *tags(): AsyncGenerator<string, void, undefined> {
    yield* [];
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

  async writeBlob(blob: Blob): Promise<BlobSink> {
    await this.#begin();
    return this.#blobs.write(blob);
  }

  async putManifest({ digest, bytes }: RemoteManifest, { isChild }: PutOptions): Promise<void> {
    await this.#begin();
    await this.#folder.write(isChild ? `${hexName(digest)}.manifest.json` : MANIFEST_FILE, bytes);
    await this.#folder.sync('.');
  }

  #begin(): Promise<void> {
    this.#begun ??= this.#markFolder();
    return this.#begun;
  }

  /** Errors: CopyError INVALID where other people's files stand, among which nothing is written. */
  async checkFolder(): Promise<void> {
    if ((await this.#folder.stat(VERSION_FILE)) !== undefined) return;
    const others = (await this.#folder.list('')).filter((name) => !name.startsWith('.'));
    if (others.length === 0) return;
    const words = 'is not empty, and no image of this kind; name another folder';
    throw new CopyError('INVALID', `${this.store}: ${words}`);
  }

  async #markFolder(): Promise<void> {
    await this.#folder.makeFolder('');
    await this.checkFolder();
    if ((await this.#folder.stat(VERSION_FILE)) === undefined) {
      await this.#folder.write(VERSION_FILE, Buffer.from(VERSION));
    }
  }

  async #read(name: string, digest: Digest | undefined, reading?: LocalReading): Promise<RemoteManifest> {
    return readLocalManifest(await this.#folder.read(name, LARGEST_MANIFEST), join(this.store, name), digest, reading);
  }
}

/** Errors: CopyError INVALID, as the names say nothing of the algorithm. */
function hexName(digest: Digest): string {
  if (digestAlgorithm(digest) === 'sha256') return digestHex(digest);
  throw new CopyError('INVALID', `${digest}: dir: holds content with sha256 digests only`);
}
