import fs from 'node:fs';
import { lstat, lutimes, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FileInfo, FileReader, FileWriter, ListOptions, ListPage } from '../driver.js';
import type { MoveOptions, PutOptions, StorageDriver } from '../driver.js';
import { StorageError } from '../errors.js';
import { pageOf } from '../list-page.js';
import { assertEntryPath, assertPath, folderOf, isBelow, isPathComponent } from '../path.js';
import { openDescriptor, readAt, secondsOf } from './descriptor.js';
import { errnoOf, toStorageError } from './errno.js';
import { fileInfoOf } from './file-info.js';
import { Folders } from './folders.js';
import { Limiter } from './limiter.js';
import { FilesystemReader } from './reader.js';
import { FILE_MODE, SECRET_MODE, TemporaryFiles } from './temporary-files.js';
import { WriteThread } from './write-thread.js';
import { FilesystemWriter } from './writer.js';

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;

export interface FilesystemDriverOptions {
  /** The folder on this machine below which everything is kept. Made when something is written. */
  rootDirectory: string;
  /** How many operations may run at once; reads and writes of open files do not count. Default 100. */
  maxThreads?: number;
  /** Driver path for files in the making; on the same file system as the rest. */
  temporaryFolder?: string;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/** Keeps files in a folder of this machine. Several processes may use one folder at once. */
export class FilesystemDriver implements StorageDriver {
  readonly name = 'filesystem';
  readonly #root: string;
  readonly #now: () => number;
  readonly #limiter: Limiter;
  readonly #folders = new Folders();
  readonly #temporary: TemporaryFiles;
  readonly #writeThread = new WriteThread();
  #lastTime = 0;

  constructor(options: FilesystemDriverOptions) {
    const { maxThreads = 100, temporaryFolder = '/docker/registry/v2/longshore/tmp' } = options;
    assertEntryPath(temporaryFolder);
    this.#root = resolve(options.rootDirectory).replace(/\/$/, '');
    this.#now = options.now ?? Date.now;
    this.#limiter = new Limiter(maxThreads);
    this.#temporary = new TemporaryFiles(this.#machinePath(temporaryFolder), this.#folders);
  }

  statNow(path: string): FileInfo | undefined {
    assertPath(path);
    const machinePath = this.#machinePath(path);
    try {
      const stats = fs.lstatSync(machinePath, { throwIfNoEntry: false });
      return stats === undefined ? undefined : fileInfoOf(machinePath, stats);
    } catch (error) {
      return undefinedWhenAbsent(path, error);
    }
  }

  stat(path: string): Promise<FileInfo> {
    return this.#run(path, async () => {
      assertPath(path);
      const machinePath = this.#machinePath(path);
      return fileInfoOf(machinePath, await lstat(machinePath)) ?? throwNoFile(path);
    });
  }

  getNow(path: string, limit?: number): Buffer | undefined {
    assertPath(path);
    try {
      const fd = fs.openSync(this.#machinePath(path), O_RDONLY | O_NOFOLLOW);
      try {
        const content = Buffer.allocUnsafe(sizeToRead(path, fs.fstatSync(fd), limit));
        return content.subarray(0, readAllNow(fd, content));
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      return undefinedWhenAbsent(path, error);
    }
  }

  get(path: string, limit?: number): Promise<Buffer> {
    return this.#run(path, async () => {
      assertPath(path);
      const fd = await openDescriptor(this.#machinePath(path), O_RDONLY | O_NOFOLLOW);
      try {
        const content = Buffer.allocUnsafe(sizeToRead(path, fs.fstatSync(fd), limit));
        return content.subarray(0, await readAll(fd, content));
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  open(path: string): Promise<FileReader> {
    return this.#run(path, async () => {
      assertPath(path);
      const fd = await openDescriptor(this.#machinePath(path), O_RDONLY | O_NOFOLLOW);
      try {
        return new FilesystemReader(path, fd, sizeToRead(path, fs.fstatSync(fd)));
      } catch (error) {
        fs.closeSync(fd);
        throw error;
      }
    });
  }

  put(path: string, content: Uint8Array, { durable = true, private: secret = false }: PutOptions = {}): Promise<void> {
    return this.#run(path, async () => {
      assertEntryPath(path);
      const folder = this.#machinePath(folderOf(path));
      const temporary = await this.#temporary.write(content, {
        modified: this.#freshTime(),
        durable,
        mode: secret ? SECRET_MODE : FILE_MODE,
      });
      try {
        await this.#folders.within(folder, () => rename(temporary, this.#machinePath(path)));
      } catch (error) {
        await this.#temporary.discard(temporary);
        throw error;
      }
      if (durable) await this.#folders.sync(folder);
    });
  }

  writer(path: string, options: { append?: boolean } = {}): Promise<FileWriter> {
    return this.#run(path, async () => {
      assertEntryPath(path);
      const { append = false } = options;
      const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (append ? 0 : O_TRUNC);
      const open = () => openDescriptor(this.#machinePath(path), flags, FILE_MODE);
      const fd = await this.#folders.within(this.#machinePath(folderOf(path)), open, append || undefined);
      try {
        return new FilesystemWriter(path, fd, append ? fs.fstatSync(fd).size : 0, this.#writeThread);
      } catch (error) {
        fs.closeSync(fd);
        throw error;
      }
    });
  }

  move(source: string, target: string, { durable = true, sourceGoes = false }: MoveOptions = {}): Promise<void> {
    return this.#run(source, async () => {
      assertEntryPath(source);
      assertEntryPath(target);
      if (isBelow(target, source)) throw new StorageError('INVALID_PATH', target, `lies below ${source}`);
      const sourceFolder = this.#machinePath(folderOf(source));
      const targetFolder = this.#machinePath(folderOf(target));
      const rename = () => this.#rename(source, target);
      await this.#folders.within(targetFolder, rename, sourceFolder === targetFolder || undefined);
      this.#folders.moved(this.#machinePath(source), this.#machinePath(target));
      if (!durable) return;
      // The new name first: a power cut in between must not find neither.
      await this.#folders.sync(targetFolder);
      if (sourceFolder !== targetFolder && !sourceGoes) await this.#folders.sync(sourceFolder);
    });
  }

  delete(path: string): Promise<void> {
    return this.#run(path, async () => {
      assertEntryPath(path);
      const machinePath = this.#machinePath(path);
      try {
        await unlink(machinePath);
      } catch (error) {
        // Linux answers EISDIR for a folder, POSIX and the BSDs EPERM.
        if (!['EISDIR', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
        if (!fs.lstatSync(machinePath).isDirectory()) throw error;
        if (!(await removeEmpty(machinePath))) await this.#temporary.removeFolder(machinePath);
        this.#folders.moved(machinePath);
      }
    });
  }

  touch(path: string): Promise<void> {
    return this.#run(path, async () => {
      assertEntryPath(path);
      const seconds = secondsOf(this.#freshTime());
      await lutimes(this.#machinePath(path), seconds, seconds);
    });
  }

  list(path: string, options: ListOptions = {}): Promise<ListPage> {
    return this.#run(path, async () => {
      assertPath(path);
      const names = await readdir(this.#machinePath(path));
      return pageOf(names.filter(isPathComponent), options);
    });
  }

  /**
   * Removes what processes that died left in the temporary folder at least `olderThanMs` milliseconds ago; resolves with
   * the number of files and folders removed.
   */
  cleanTemporary(olderThanMs: number): Promise<number> {
    return this.#run('/', () => this.#temporary.clean(this.#now() - olderThanMs));
  }

  async #rename(source: string, target: string): Promise<void> {
    try {
      await rename(this.#machinePath(source), this.#machinePath(target));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' && !(await this.#exists(source))) throwNoFile(source);
      if (errno === 'ENOTDIR' && (await this.#exists(target))) throw new StorageError('ALREADY_EXISTS', target);
      if (errno === 'EXDEV') throw new StorageError('UNKNOWN', target, `is on another file system than ${source}`);
      throw errno === 'ENOENT' ? error : toStorageError(target, error);
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await lstat(this.#machinePath(path));
      return true;
    } catch (error) {
      if (toStorageError(path, error).code === 'PATH_NOT_FOUND') return false;
      throw error;
    }
  }

  #machinePath(path: string): string {
    return this.#root + path;
  }

  /**
   * A time that no file written by this driver had before. The kernel stamps files by the tick (up to 10 ms), and file
   * systems use inode numbers again at once: with its stamps, two versions of a file could look the same.
   */
  #freshTime(): number {
    this.#lastTime = Math.max(this.#now(), this.#lastTime + 0.001);
    return this.#lastTime;
  }

  async #run<T>(path: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await this.#limiter.run(operation);
    } catch (error) {
      throw toStorageError(path, error);
    }
  }
}

/** Removes a folder if nothing is in it: fewer calls than to take a full one away. Resolves with whether it did. */
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    // POSIX lets a file system answer EEXIST for a folder that is not empty.
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

function sizeToRead(path: string, stats: fs.Stats, limit = Infinity): number {
  if (!stats.isFile()) throwNoFile(path);
  if (stats.size > limit) throw new StorageError('FILE_TOO_LARGE', path, `holds more than ${limit} bytes`);
  return stats.size;
}

function readAllNow(fd: number, target: Buffer): number {
  let done = 0;
  for (let count = -1; count !== 0 && done < target.length; done += count) {
    count = fs.readSync(fd, target, done, target.length - done, done);
  }
  return done;
}

async function readAll(fd: number, target: Buffer): Promise<number> {
  let done = 0;
  for (let count = -1; count !== 0 && done < target.length; done += count) {
    count = await readAt(fd, target.subarray(done), done);
  }
  return done;
}

function undefinedWhenAbsent(path: string, error: unknown): undefined {
  const failure = toStorageError(path, error);
  if (failure.code !== 'PATH_NOT_FOUND') throw failure;
}

function throwNoFile(path: string): never {
  throw new StorageError('PATH_NOT_FOUND', path, 'not found');
}
