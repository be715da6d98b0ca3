import { existsSync } from 'node:fs';
import { isDigest } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import type { ArchiveReader } from './archive-reader.js';
import { ArchiveWriter } from './archive-writer.js';
import { DockerArchive } from './docker-archive.js';
import type { ImageTree } from './image-tree.js';
import { digestIfWhole } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';
import { LonePlace } from './lone-place.js';
import { OciArchive } from './oci-archive.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, PutOptions } from './place.js';
import { contentToSave } from './saved-content.js';
import { TarFile } from './tar-file.js';

export type ArchiveKind = 'oci-archive' | 'docker-archive';

/**
 * Images in one tar file: an OCI layout, or what `docker save` writes. An archive is written once: one that is there already is
 * read, and what it lacks cannot be added. Errors: CopyError.
 */
export class ImageArchive extends LonePlace implements ImageSource, ImageTarget {
  readonly #reader: ArchiveReader;
  readonly #tar: TarFile;
  readonly #isThere: boolean;
  #writer: Promise<ArchiveWriter> | undefined;

  constructor(
    readonly kind: ArchiveKind,
    path: string,
  ) {
    super(kind, path);
    this.#isThere = existsSync(path);
    this.#tar = new TarFile(path);
    this.#reader = kind === 'oci-archive' ? new OciArchive(this.#tar) : new DockerArchive(this.#tar);
  }

  manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest> {
    return this.#reader.manifest(reference, reading);
  }

  /** Of a manifest that is there, whole. */
  async digestOf(reference: string): Promise<Digest | undefined> {
    if (!this.#isThere) return undefined;
    return digestIfWhole(() => this.manifest(isDigest(reference) ? reference : this.#named(reference)));
  }

  async *tags(): AsyncGenerator<string, void, undefined> {
    yield* await this.#reader.names();
  }

  async openBlob(blob: Blob, start: number): Promise<AsyncIterable<Uint8Array>> {
    await this.checkBlob(blob);
    return this.#tar.stream(await this.#reader.fileOf(blob), start);
  }

  async checkBlob(blob: Blob): Promise<void> {
    const size = await this.#tar.size(await this.#reader.fileOf(blob));
    if (size === undefined) throw new CopyError('INCOMPLETE', `${this.name}: has no blob ${blob.digest}`);
    if (size !== blob.size) {
      const words = `${blob.digest} has ${size} bytes; its manifest says ${blob.size}`;
      throw new CopyError('DIGEST_MISMATCH', `${this.name}: ${words}`);
    }
  }

  async hasBlob(blob: Blob): Promise<boolean> {
    if (this.#isThere) return (await this.#tar.size(await this.#reader.fileOf(blob))) === blob.size;
    return this.#writer !== undefined && (await this.#writer).has(blob);
  }

  /** Goes on with what a killed run has begun. To be called before anything is asked, where something will be written. */
  async begin(): Promise<void> {
    if (this.#isThere) return;
    this.#writer ??= ArchiveWriter.open(this.store, { dockerNames: this.kind === 'docker-archive' });
    await this.#writer;
  }

  checkImage({ manifest }: ImageTree): void {
    if (this.#isThere) throw this.#isWritten();
    if (this.kind === 'docker-archive') contentToSave(manifest, this.store);
  }

  async writeBlob(blob: Blob): Promise<BlobSink> {
    return (await this.#writing()).writeBlob(blob);
  }

  async putManifest(manifest: RemoteManifest, { tag, isChild }: PutOptions): Promise<void> {
    const writer = await this.#writing();
    await writer.putManifest(manifest, tag === undefined ? undefined : this.#named(tag), isChild);
  }

  async complete(): Promise<void> {
    if (this.#writer !== undefined) await (await this.#writer).complete();
  }

  async close(): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined);
    await writer?.close();
  }

  /** Docker's names have a tag always. */
  #named(name: string): string {
    const isPlain = this.kind === 'docker-archive' && !name.slice(name.lastIndexOf('/') + 1).includes(':');
    return isPlain ? `${name}:latest` : name;
  }

  async #writing(): Promise<ArchiveWriter> {
    await this.begin();
    if (this.#writer !== undefined) return this.#writer;
    throw this.#isWritten();
  }

  #isWritten(): CopyError {
    const words = 'is there already, with other images; archives are written as a whole: remove it, or name another';
    return new CopyError('INVALID', `${this.store}: ${words}`);
  }
}
