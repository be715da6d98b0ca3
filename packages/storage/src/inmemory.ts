import type { FileInfo, FileReader, FileWriter, ListOptions, ListPage, StorageDriver } from './driver.js';
import { StorageError } from './errors.js';
import { pageOf } from './list-page.js';
import { assertEntryPath, assertPath, folderOf, isBelow } from './path.js';
import { assertPosition } from './position.js';

interface MemoryFile {
  kind: 'file';
  id: number;
  modified: number;
  size: number;
  /** Its first `size` bytes are the content; the rest is room to grow. */
  room: Buffer;
}

interface MemoryFolder {
  kind: 'folder';
  id: number;
  modified: number;
  children: Map<string, MemoryNode>;
}

type MemoryNode = MemoryFile | MemoryFolder;

export interface InMemoryDriverOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/** Keeps everything in the memory of this process: for tests, and for registries that may forget. */
export class InMemoryDriver implements StorageDriver {
  readonly name = 'inmemory';
  readonly #now: () => number;
  readonly #root: MemoryFolder;
  #lastId = 0;

  constructor(options: InMemoryDriverOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#root = this.#newFolder();
  }

  statNow(path: string): FileInfo | undefined {
    assertPath(path);
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const size = node.kind === 'file' ? node.size : 0;
    return { kind: node.kind, size, modified: node.modified, identity: `${node.id}:${node.modified}:${size}` };
  }

  async stat(path: string): Promise<FileInfo> {
    return this.statNow(path) ?? throwNotFound(path);
  }

  getNow(path: string, limit = Infinity): Buffer | undefined {
    assertPath(path);
    const node = this.#find(path);
    if (node?.kind !== 'file') return undefined;
    if (node.size > limit) throw new StorageError('FILE_TOO_LARGE', path, `holds more than ${limit} bytes`);
    return Buffer.from(node.room.subarray(0, node.size));
  }

  async get(path: string, limit?: number): Promise<Buffer> {
    return this.getNow(path, limit) ?? throwNotFound(path);
  }

  async open(path: string): Promise<FileReader> {
    assertPath(path);
    const node = this.#find(path);
    return node?.kind === 'file' ? new MemoryReader(path, node) : throwNotFound(path);
  }

  async put(path: string, content: Uint8Array): Promise<void> {
    assertEntryPath(path);
    this.#assertNoFolder(path);
    const file = this.#newFile(content);
    this.#add(this.#makeFolder(folderOf(path)), nameOf(path), file);
  }

  async writer(path: string, options: { append?: boolean } = {}): Promise<FileWriter> {
    assertEntryPath(path);
    this.#assertNoFolder(path);
    const folder = this.#makeFolder(folderOf(path));
    let file = folder.children.get(nameOf(path));
    if (file?.kind !== 'file') {
      file = this.#newFile(Buffer.alloc(0));
      this.#add(folder, nameOf(path), file);
    }
    if (options.append !== true) file.size = 0;
    return new MemoryWriter(path, file, this.#now);
  }

  async move(source: string, target: string): Promise<void> {
    assertEntryPath(source);
    assertEntryPath(target);
    const node = this.#find(source) ?? throwNotFound(source);
    if (source === target) return;
    if (isBelow(target, source)) throw new StorageError('INVALID_PATH', target, `lies below ${source}`);
    const replaced = this.#find(target);
    if (replaced !== undefined && !mayReplace(node, replaced)) throw new StorageError('ALREADY_EXISTS', target);
    this.#add(this.#makeFolder(folderOf(target)), nameOf(target), node);
    this.#remove(source);
  }

  async delete(path: string): Promise<void> {
    assertEntryPath(path);
    if (this.#find(path) === undefined) throwNotFound(path);
    this.#remove(path);
  }

  async touch(path: string): Promise<void> {
    assertEntryPath(path);
    const node = this.#find(path) ?? throwNotFound(path);
    node.modified = this.#now();
  }

  async list(path: string, options: ListOptions = {}): Promise<ListPage> {
    assertPath(path);
    const node = this.#find(path);
    return node?.kind === 'folder' ? pageOf([...node.children.keys()], options) : throwNotFound(path);
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (node?.kind !== 'folder') return undefined;
      node = node.children.get(name);
    }
    return node;
  }

  #folderHolding(path: string): MemoryFolder {
    const folder = this.#find(folderOf(path));
    return folder?.kind === 'folder' ? folder : throwNotFound(path);
  }

  #makeFolder(path: string): MemoryFolder {
    let folder = this.#root;
    for (const name of namesOf(path)) {
      let child = folder.children.get(name);
      if (child === undefined) {
        child = this.#newFolder();
        this.#add(folder, name, child);
      }
      if (child.kind === 'file')
        throw new StorageError('PATH_NOT_FOUND', path, 'a file stands where a folder should be');
      folder = child;
    }
    return folder;
  }

  /** As on disk, a folder changes when a child comes or goes. */
  #add(folder: MemoryFolder, name: string, node: MemoryNode): void {
    folder.children.set(name, node);
    folder.modified = this.#now();
  }

  #remove(path: string): void {
    const folder = this.#folderHolding(path);
    folder.children.delete(nameOf(path));
    folder.modified = this.#now();
  }

  #assertNoFolder(path: string): void {
    if (this.#find(path)?.kind === 'folder') throw new StorageError('ALREADY_EXISTS', path, 'is a folder');
  }

  #newFolder(): MemoryFolder {
    return { kind: 'folder', id: ++this.#lastId, modified: this.#now(), children: new Map() };
  }

  #newFile(content: Uint8Array): MemoryFile {
    const room = Buffer.from(content);
    return { kind: 'file', id: ++this.#lastId, modified: this.#now(), size: room.length, room };
  }
}

class MemoryReader implements FileReader {
  readonly size: number;
  #closed = false;

  constructor(
    private readonly path: string,
    private readonly file: MemoryFile,
  ) {
    this.size = file.size;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    if (this.#closed) throw new StorageError('UNKNOWN', this.path, 'the reader is closed');
    assertPosition(this.path, position);
    const end = Math.min(this.file.size, position + target.byteLength);
    if (position >= end) return 0;
    target.set(this.file.room.subarray(position, end));
    return end - position;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

class MemoryWriter implements FileWriter {
  #closed = false;

  constructor(
    private readonly path: string,
    private readonly file: MemoryFile,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.file.size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#closed) throw new StorageError('UNKNOWN', this.path, 'the writer is closed');
    const { file } = this;
    const end = file.size + chunk.byteLength;
    if (end > file.room.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * file.room.length));
      file.room.copy(grown, 0, 0, file.size);
      file.room = grown;
    }
    file.room.set(chunk, file.size);
    file.size = end;
    file.modified = this.now();
  }

  async sync(): Promise<void> {
    if (this.#closed) throw new StorageError('UNKNOWN', this.path, 'the writer is closed');
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** The rule of rename(2): a file replaces a file, a folder replaces an empty folder. */
function mayReplace(node: MemoryNode, replaced: MemoryNode): boolean {
  return node.kind === replaced.kind && (replaced.kind === 'file' || replaced.children.size === 0);
}

function namesOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function throwNotFound(path: string): never {
  throw new StorageError('PATH_NOT_FOUND', path);
}
