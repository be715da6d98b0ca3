import type { FileReader } from '../driver.js';
import { assertPosition } from '../position.js';
import { readAt, SharedDescriptor } from './descriptor.js';
import { toStorageError } from './errno.js';

/** Reads a file through a descriptor, which it owns. */
export class FilesystemReader implements FileReader {
  readonly #descriptor: SharedDescriptor;

  constructor(
    private readonly path: string,
    fd: number,
    readonly size: number,
  ) {
    this.#descriptor = new SharedDescriptor(path, fd);
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    assertPosition(this.path, position);
    try {
      return await this.#descriptor.use((fd) => readAt(fd, target, position));
    } catch (error) {
      throw toStorageError(this.path, error);
    }
  }

  async close(): Promise<void> {
    try {
      await this.#descriptor.close(true);
    } catch (error) {
      throw toStorageError(this.path, error);
    }
  }
}
