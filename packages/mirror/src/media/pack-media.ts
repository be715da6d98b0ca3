import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  CopyError,
  fileFailure,
  Folder,
  Journal,
  lockFolder,
  TAR_END_BYTES,
  tarHeader,
  tarPadded,
} from '@longshore/distribution';
import type { Blob } from '@longshore/distribution';
import { digestAlgorithm, digestHex, isDigest } from '@longshore/oci';
import { diskRoom, lackOfRoom } from '../disk-room.js';
import {
  contentId,
  entryBytes,
  isPartName,
  MANIFEST_NAME,
  manifestText,
  readArchiveManifest,
  type ArchiveManifest,
  type ArchivePart,
} from './archive-manifest.js';
import type { MediaInventory } from './inventory.js';
import { packContents, type ContentItem } from './pack-contents.js';
import { PartWriter } from './part-writer.js';
import { planParts, type PartEntry } from './plan-parts.js';

export interface PackOptions {
  /** No part is larger. */
  partBytes: number;
  /** What the other side has, and is left out. */
  have?: MediaInventory | undefined;
  signal: AbortSignal;
  /** So many of all bytes have been packed. */
  onBytes: (done: number, total: number) => void;
  onPart: (part: ArchivePart) => void;
}

const JOURNAL_NAME = 'media.journal';
const PART_STATE = /^(\S+) (\d{1,16})$/;
const ID_KEY = 'contents';

/**
 * Packs a folder of images into tar files beside a manifest, with names that each file system takes. The manifest comes last, so
 * an archive without it is not whole; packing again goes on with the parts that are there. Errors: CopyError, also
 * DIGEST_MISMATCH for content that is not what its name says; the signal's reason.
 */
export async function packMedia(dir: string, archiveDir: string, options: PackOptions): Promise<ArchiveManifest> {
  const { partBytes, have, signal } = options;
  const { manifest, items } = await packContents(dir, have, signal);
  const out = resolve(archiveDir);
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw fileFailure(error, out);
  });
  const unlock = await lockFolder(join(out, 'media.lock'));
  try {
    const id = `${contentId(manifest)} ${partBytes}`;
    const done = await finishedArchive(out, manifest, partBytes);
    if (done !== undefined) {
      // A run that was killed between the manifest and its end left it.
      await rm(join(out, JOURNAL_NAME), { force: true });
      return done;
    }
    const journal = await Journal.open(join(out, JOURNAL_NAME));
    try {
      const packer = new Packer(out, planParts(items, partBytes), journal, options);
      await packer.begin(id);
      const parts = await packer.run();
      const whole = { ...manifest, parts };
      const folder = new Folder(out);
      await folder.write(MANIFEST_NAME, Buffer.from(manifestText(whole)));
      await folder.sync('.');
      await rm(join(out, JOURNAL_NAME), { force: true });
      return whole;
    } finally {
      await journal.close();
    }
  } finally {
    await unlock();
  }
}

/** The archive that is there already. Errors: CopyError INVALID when it is another one. */
async function finishedArchive(
  out: string,
  manifest: Omit<ArchiveManifest, 'parts'>,
  partBytes: number,
): Promise<ArchiveManifest | undefined> {
  const folder = new Folder(out);
  if ((await folder.stat(MANIFEST_NAME)) === undefined) return undefined;
  const found = await readArchiveManifest(out);
  const isSame = contentId(found) === contentId(manifest) && found.parts.every(({ size }) => size <= partBytes);
  const sizes = await Promise.all(found.parts.map(async ({ name, size }) => (await folder.stat(name))?.size === size));
  if (isSame && sizes.every(Boolean)) return found;
  throw new CopyError('INVALID', `${out}: has another archive; pack into another folder, or remove that one`);
}

class Packer {
  readonly #total: number;
  #done = 0;
  /** The item that is being read, which may go on in the next part. */
  #reading:
    { item: ContentItem; chunks: AsyncIterator<Uint8Array>; rest: Uint8Array; at: number; hash: Hash } | undefined;
  /** Parts with pieces of an item that has not been compared with its digest yet. */
  #unproven: ArchivePart[] = [];

  constructor(
    readonly out: string,
    readonly plan: readonly PartEntry<ContentItem>[][],
    readonly journal: Journal,
    readonly options: PackOptions,
  ) {
    this.#total = plan.flat().reduce((sum, { length }) => sum + length, 0);
  }

  /** Forgets the parts of another archive, and looks whether there is room. */
  async begin(id: string): Promise<void> {
    if (this.journal.get(ID_KEY) !== id) {
      for (const [name] of [...this.journal.entries()].filter(([key]) => isPartName(key))) {
        this.journal.set(name, 'gone');
        await rm(join(this.out, name), { force: true });
      }
      this.journal.set(ID_KEY, id);
    }
    const files: number[] = [];
    for (const [index, entries] of this.plan.entries()) {
      if ((await this.#finished(index)) === undefined) files.push(partSize(entries));
    }
    const lack = lackOfRoom(this.out, files, await diskRoom(this.out));
    if (lack !== undefined) throw new CopyError('NO_SPACE', lack);
  }

  async run(): Promise<ArchivePart[]> {
    const parts: ArchivePart[] = [];
    try {
      for (const [index, entries] of this.plan.entries()) {
        const finished = await this.#finished(index);
        const part = finished ?? (await this.#write(index, entries));
        if (finished !== undefined) this.#count(entries.reduce((sum, { length }) => sum + length, 0));
        parts.push(part);
        this.options.onPart(part);
      }
      await new Folder(this.out).sync('.');
      await this.journal.flush();
      return parts;
    } finally {
      await this.#reading?.chunks.return?.();
    }
  }

  async #finished(index: number): Promise<ArchivePart | undefined> {
    const name = partName(index);
    const [, digest = '', size] = PART_STATE.exec(this.journal.get(name) ?? '') ?? [];
    const stats = await new Folder(this.out).stat(name);
    if (!isDigest(digest) || stats?.isFile() !== true || stats.size !== Number(size)) return undefined;
    return describePart(name, this.plan[index] ?? [], { digest, size: stats.size });
  }

  async #write(index: number, entries: readonly PartEntry<ContentItem>[]): Promise<ArchivePart> {
    const name = partName(index);
    const writer = await PartWriter.open(join(this.out, name));
    try {
      for (const entry of entries) {
        await writer.write(tarHeader(entry.path, entry.length));
        await this.#copy(entry, writer);
        await writer.write(Buffer.alloc(tarPadded(entry.length) - entry.length));
      }
      await writer.write(Buffer.alloc(TAR_END_BYTES));
      const part = describePart(name, entries, await writer.finish());
      this.#unproven.push(part);
      if (this.#reading === undefined) this.#remember();
      return part;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  #remember(): void {
    for (const { name, digest, size } of this.#unproven.splice(0)) this.journal.set(name, `${digest} ${size}`);
  }

  /** One stretch of an item; at its end all of it has been compared with its digest. */
  async #copy({ item, start, length }: PartEntry<ContentItem>, writer: PartWriter): Promise<void> {
    if (this.#reading?.item !== item || this.#reading.at !== start) {
      await this.#reading?.chunks.return?.();
      this.#reading = {
        item,
        chunks: (await item.open())[Symbol.asyncIterator](),
        rest: EMPTY,
        at: 0,
        hash: createHash(digestAlgorithm(item.digest)),
      };
    }
    const reading = this.#reading;
    // An earlier run has packed what comes before.
    await this.#take(start - reading.at, () => Promise.resolve());
    await this.#take(length, (bytes) => {
      this.#count(bytes.byteLength);
      return writer.write(bytes);
    });
    if (reading.at < item.size) return;
    this.#reading = undefined;
    const isOver = reading.rest.byteLength === 0 && (await reading.chunks.next()).done === true;
    await reading.chunks.return?.();
    if (isOver && reading.hash.digest('hex') === digestHex(item.digest)) return;
    throw new CopyError(
      'DIGEST_MISMATCH',
      `${item.path}: has other content than its digest says; media verify tells more`,
    );
  }

  async #take(length: number, use: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const reading = this.#reading;
    if (reading === undefined) return;
    for (let left = length; left > 0;) {
      // Only what has begun to read closes its file when it is ended.
      if (reading.rest.byteLength === 0) {
        const next = await reading.chunks.next();
        if (next.done === true) throw new CopyError('DIGEST_MISMATCH', `${reading.item.path}: is cut off`);
        reading.rest = next.value;
      }
      this.options.signal.throwIfAborted();
      const bytes = reading.rest.subarray(0, left);
      reading.rest = reading.rest.subarray(bytes.byteLength);
      reading.hash.update(bytes);
      reading.at += bytes.byteLength;
      left -= bytes.byteLength;
      await use(bytes);
    }
  }

  #count(bytes: number): void {
    this.#done += bytes;
    this.options.onBytes(this.#done, this.#total);
  }
}

const EMPTY = new Uint8Array(0);

function partName(index: number): string {
  return `media-${String(index).padStart(3, '0')}.tar`;
}

function partSize(entries: readonly PartEntry<ContentItem>[]): number {
  return entries.reduce((sum, { path, length }) => sum + entryBytes({ path, size: length }), TAR_END_BYTES);
}

function describePart(name: string, entries: readonly PartEntry<ContentItem>[], { digest, size }: Blob): ArchivePart {
  return { name, size, digest, entries: entries.map(({ path, length }) => ({ path, size: length })) };
}
