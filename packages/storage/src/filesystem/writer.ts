import type { FileWriter } from '../driver.js';
import { fdatasync, ftruncate, SharedDescriptor, writeAllAt } from './descriptor.js';
import { toStorageError } from './errno.js';
import type { WriteThread } from './write-thread.js';

/** Writes a file through a descriptor, which it owns, from `size` on. */
export class FilesystemWriter implements FileWriter {
  readonly #descriptor: SharedDescriptor;
  #size: number;
  #dirty = false;

  constructor(
    private readonly path: string,
    fd: number,
    size: number,
    private readonly thread: WriteThread,
  ) {
    this.#descriptor = new SharedDescriptor(path, fd);
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** When it fails (on a full disk, say), the file ends where it did before. */
  async write(chunk: Uint8Array): Promise<void> {
    const start = this.#size;
    this.#dirty = true;
    await this.#use(async (fd) => {
      try {
        await (this.thread.takes(chunk) ? this.thread.write(fd, chunk, start) : writeAllAt(fd, chunk, start));
      } catch (error) {
        // The first failure is the one to tell; what stays behind is overwritten by the next write.
        await ftruncate(fd, start).catch(() => undefined);
        throw error;
      }
    });
    this.#size = start + chunk.byteLength;
  }

  async sync(): Promise<void> {
    this.#dirty = false; // a write that comes meanwhile sets it again
    await this.#use(fdatasync);
  }

  async close(): Promise<void> {
    try {
      await this.#descriptor.close(!this.#dirty);
    } catch (error) {
      throw toStorageError(this.path, error);
    }
  }

  async #use(call: (fd: number) => Promise<void>): Promise<void> {
    try {
      await this.#descriptor.use(call);
    } catch (error) {
      throw toStorageError(this.path, error);
    }
  }
}
