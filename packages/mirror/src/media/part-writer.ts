import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { fileFailure } from '@longshore/distribution';
import type { Blob } from '@longshore/distribution';
import { makeDigest } from '@longshore/oci';

/** A part of an archive that is being written; it has its name only when it is whole. Errors: CopyError. */
export class PartWriter {
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  private constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {}

  static async open(path: string): Promise<PartWriter> {
    const partial = `${path}.partial`;
    try {
      await rm(partial, { force: true });
      const { O_WRONLY, O_CREAT, O_EXCL } = constants;
      return new PartWriter(path, await open(partial, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
    try {
      for (let at = 0; at < bytes.byteLength;) {
        at += (await this.file.write(bytes, at, bytes.byteLength - at)).bytesWritten;
      }
    } catch (error) {
      throw fileFailure(error, this.path);
    }
  }

  async finish(): Promise<Blob> {
    try {
      await this.file.sync();
      await this.file.close();
      await rename(`${this.path}.partial`, this.path);
    } catch (error) {
      throw fileFailure(error, this.path);
    }
    return { digest: makeDigest('sha256', this.#hash.digest('hex')), size: this.#size };
  }

  async abort(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(`${this.path}.partial`, { force: true });
  }
}
