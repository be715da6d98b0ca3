import { dirname } from 'node:path';
import { digestAlgorithm, digestHex } from '@longshore/oci';
import type { Descriptor, Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { BlobFiles } from './blob-files.js';
import { Folder } from './folder.js';
import type { Journal } from './journal.js';
import { enterInLayout, LARGEST_INDEX, LAYOUT_MARKER, layoutIndexBytes, parseLayoutIndex } from './layout-index.js';
import { LARGEST_MANIFEST, readLocalManifest } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';

interface NewEntry {
  descriptor: Descriptor;
  name: string | undefined;
}

/** The files of a layout, whoever of its repositories asks. */
export class LayoutFiles {
  readonly folder: Folder;
  readonly blobs: BlobFiles;
  #next: { entries: NewEntry[]; written: Promise<void> } | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(root: string, journal: Journal | undefined) {
    this.folder = new Folder(root);
    this.blobs = new BlobFiles(this.folder, layoutPath, journal);
  }

  async entries(): Promise<Descriptor[]> {
    return parseLayoutIndex(await this.folder.read('index.json', LARGEST_INDEX), this.folder.path('index.json'));
  }

  async manifest(digest: Digest, reading?: LocalReading): Promise<RemoteManifest> {
    const name = layoutPath(digest);
    const bytes = await this.folder.read(name, LARGEST_MANIFEST);
    return readLocalManifest(bytes, this.folder.path(name), digest, reading);
  }

  async writeManifest({ digest, bytes, mediaType }: RemoteManifest): Promise<Descriptor> {
    const name = layoutPath(digest);
    await this.folder.makeFolder(dirname(name));
    if (!(await this.blobs.has({ digest, size: bytes.byteLength }))) await this.folder.write(name, bytes);
    await this.blobs.remember(digest);
    await this.folder.sync(dirname(name));
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** The index is one file, so what comes while it is being written goes in together, next. */
  enter(descriptor: Descriptor, name: string | undefined): Promise<void> {
    this.#next ??= this.#beginNext();
    this.#next.entries.push({ descriptor, name });
    return this.#next.written;
  }

  #beginNext(): { entries: NewEntry[]; written: Promise<void> } {
    const entries: NewEntry[] = [];
    const written = this.#writing.then(() => {
      this.#next = undefined;
      return this.#writeIndex(entries);
    });
    this.#writing = written.catch(() => undefined);
    return { entries, written };
  }

  async #writeIndex(entered: readonly NewEntry[]): Promise<void> {
    const isThere = (await this.folder.stat('index.json')) !== undefined;
    let entries = isThere ? await this.entries() : [];
    for (const { descriptor, name } of entered) entries = enterInLayout(entries, descriptor, name);
    if (!isThere) await this.folder.write('oci-layout', LAYOUT_MARKER);
    await this.folder.write('index.json', layoutIndexBytes(entries));
    await this.folder.sync('.');
  }
}

/** Where a layout has a blob: `blobs/sha256/HEX`. */
export function layoutPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}
