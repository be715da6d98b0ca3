import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { readRange } from './folder.js';
import { CopyError, fileFailure } from './place.js';
import { TAR_BLOCK, tarPadded } from './tar-header.js';

/** A file of an archive, or a link, which names another one by the path inside the archive. */
export type TarMember = { kind: 'file'; offset: number; size: number } | { kind: 'link'; target: string };

const MOST_MEMBERS = 100_000;
const LONGEST_PATH = 4096;
const LARGEST_EXTENSION = 64 * 1024;
const MOST_LINKS = 8;
/** Headers of small files come together. */
const AHEAD_BYTES = 16 * 1024;
const [GZIP, ZSTD, XZ] = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from([0xfd, 0x37])];

/**
 * The files of a tar archive from anywhere, read in place: nothing is unpacked. Its members are found by going from header to
 * header. Errors: CopyError, INVALID for an archive that is broken, or has names or links that lead out of it; TOO_LARGE.
 */
export class TarFile {
  #members: Promise<ReadonlyMap<string, TarMember>> | undefined;

  constructor(readonly path: string) {}

  /** The size of a file; undefined when there is no such one. Links inside the archive are followed. */
  async size(name: string): Promise<number | undefined> {
    return (await this.#find(name))?.size;
  }

  /** Reads a small file. Errors: also CopyError NOT_FOUND, TOO_LARGE. */
  async read(name: string, maxBytes: number): Promise<Buffer> {
    const { size } = await this.#need(name);
    if (size > maxBytes) {
      const words = `${this.path}: ${name} has ${size} bytes, more than the ${maxBytes} that are read`;
      throw new CopyError('TOO_LARGE', words);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of await this.stream(name, 0)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  /** The bytes of a file from an offset on. A chunk is overwritten when the next but one is asked for. */
  async stream(name: string, start: number): Promise<AsyncIterable<Uint8Array>> {
    const { offset, size } = await this.#need(name);
    return readRange(await openArchive(this.path), offset + start, size - start);
  }

  async #need(name: string): Promise<TarMember & { kind: 'file' }> {
    const found = await this.#find(name);
    if (found !== undefined) return found;
    throw new CopyError('NOT_FOUND', `${this.path}: has no file ${JSON.stringify(name.slice(0, 200))}`);
  }

  async #find(name: string): Promise<(TarMember & { kind: 'file' }) | undefined> {
    this.#members ??= readMembers(this.path);
    const members = await this.#members;
    let member = members.get(name);
    for (let links = 0; member?.kind === 'link'; links += 1) {
      if (links === MOST_LINKS) throw new CopyError('INVALID', `${this.path}: the links of ${name} lead in a circle`);
      member = members.get(member.target);
    }
    return member;
  }
}

async function openArchive(path: string): Promise<FileHandle> {
  try {
    // A pipe would never be there.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw fileFailure(error, path);
  }
}

async function readMembers(path: string): Promise<ReadonlyMap<string, TarMember>> {
  const file = await openArchive(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new CopyError('INVALID', `${path}: is not a file`);
    return await new MemberReader(path, file, stats.size).read();
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    await file.close();
  }
}

/** What extended headers say of the next member. */
interface Extension {
  path?: string | undefined;
  linkpath?: string | undefined;
  size?: number | undefined;
}

/** Goes from header to header. */
class MemberReader {
  readonly #members = new Map<string, TarMember>();
  #next: Extension = {};
  #headers = 0;
  #ahead = { at: 0, bytes: Buffer.alloc(0) };

  constructor(
    readonly path: string,
    readonly file: FileHandle,
    readonly bytes: number,
  ) {}

  async read(): Promise<ReadonlyMap<string, TarMember>> {
    for (let at = 0; at < this.bytes;) {
      const block = await this.#bytes(at, TAR_BLOCK);
      if (at === 0) this.#refuseCompressed(block);
      const header = this.#decode(block, at);
      if (header.nullBlock) break;
      if (!header.cksumValid || header.size === undefined) {
        throw this.#invalid(`has no header of a file at byte ${at}: it is no tar archive, or broken`);
      }
      this.#headers += 1;
      if (this.#headers > MOST_MEMBERS) {
        throw new CopyError('TOO_LARGE', `${this.path}: has more than ${MOST_MEMBERS} files`);
      }
      await this.#take(header, header.size, at + TAR_BLOCK);
      at += TAR_BLOCK + tarPadded(header.size);
    }
    return this.#members;
  }

  #decode(block: Buffer, at: number): Header {
    try {
      return new Header(block, 0, this.#next);
    } catch (error) {
      throw this.#invalid(`has a broken header at byte ${at}: ${(error as Error).message}`);
    }
  }

  async #take(header: Header, size: number, offset: number): Promise<void> {
    // What a member says of itself ends with the file.
    if (!Number.isSafeInteger(size) || offset + size > this.bytes) {
      throw this.#invalid(`is cut off: a file of ${size} bytes begins at byte ${offset}`);
    }
    switch (header.type) {
      case 'ExtendedHeader':
        return this.#extend(Pax.parse((await this.#extension(offset, size)).toString()));
      case 'NextFileHasLongPath':
      case 'OldGnuLongPath':
        return this.#extend({ path: cString(await this.#extension(offset, size)) });
      case 'NextFileHasLongLinkpath':
        return this.#extend({ linkpath: cString(await this.#extension(offset, size)) });
      case 'GlobalExtendedHeader':
        return;
      default:
        this.#add(header, size, offset);
        this.#next = {};
    }
  }

  #extend({ path, linkpath, size }: Extension): void {
    const { path: before, linkpath: linkBefore, size: sizeBefore } = this.#next;
    this.#next = { path: path ?? before, linkpath: linkpath ?? linkBefore, size: size ?? sizeBefore };
  }

  #add(header: Header, size: number, offset: number): void {
    const { type } = header;
    const { path = header.path ?? '', linkpath = header.linkpath ?? '' } = this.#next;
    const isFile = type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
    const name = this.#inside(path, '');
    if (type === 'SymbolicLink' || type === 'Link') {
      const from = type === 'Link' ? '' : name.slice(0, Math.max(name.lastIndexOf('/'), 0));
      return this.#put(name, { kind: 'link', target: this.#inside(linkpath, from) });
    }
    if (isFile) this.#put(name, { kind: 'file', offset, size });
  }

  #put(name: string, member: TarMember): void {
    if (this.#members.has(name)) throw this.#invalid(`has ${shown(name)} twice`);
    this.#members.set(name, member);
  }

  /** The path that a name means, from a folder of the archive. */
  #inside(name: string, folder: string): string {
    if (name.length > LONGEST_PATH) throw this.#invalid(`has a file ${shown(name)}… whose path is too long`);
    if (name.startsWith('/')) throw this.#invalid(`has an absolute path: ${shown(name)}`);
    const parts = folder === '' ? [] : folder.split('/');
    for (const part of name.split('/')) {
      if (part === '' || part === '.') continue;
      if (part !== '..') parts.push(part);
      else if (parts.pop() === undefined) throw this.#invalid(`has a path that leads out of it: ${shown(name)}`);
    }
    return parts.join('/');
  }

  #extension(offset: number, size: number): Promise<Buffer> {
    if (size <= LARGEST_EXTENSION) return this.#bytes(offset, size);
    throw new CopyError('TOO_LARGE', `${this.path}: has a header of ${size} bytes at byte ${offset}`);
  }

  async #bytes(at: number, length: number): Promise<Buffer> {
    const isAhead = at >= this.#ahead.at && at + length <= this.#ahead.at + this.#ahead.bytes.byteLength;
    if (!isAhead) {
      const { bytesRead, buffer } = await this.file.read(Buffer.alloc(Math.max(length, AHEAD_BYTES)), { position: at });
      this.#ahead = { at, bytes: buffer.subarray(0, bytesRead) };
    }
    const start = at - this.#ahead.at;
    const bytes = this.#ahead.bytes.subarray(start, start + length);
    if (bytes.byteLength === length) return bytes;
    throw this.#invalid(`is cut off at byte ${at + bytes.byteLength}`);
  }

  #refuseCompressed(block: Buffer): void {
    if (![GZIP, ZSTD, XZ].some((magic) => block.subarray(0, magic.length).equals(magic))) return;
    throw this.#invalid('is compressed; decompress it first');
  }

  #invalid(words: string): CopyError {
    return new CopyError('INVALID', `${this.path}: ${words}`);
  }
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString();
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
