import type { FileReader } from '@longshore/storage';
import type { BlobSource } from './blob-source.js';
import { DirectReader } from './direct-reader.js';
import type { Download } from './download.js';
import { isOurs } from './errors.js';

/**
 * Reads a blob while it is downloaded, each byte as soon as it is there, at its own pace. When the download ends for a
 * reason of ours (no room, say), it goes on from upstream.
 */
export class DownloadReader implements FileReader {
  private file: FileReader | undefined;
  private direct: DirectReader | undefined;

  constructor(
    readonly size: number,
    private readonly download: Download,
    private readonly source: BlobSource,
  ) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    while (position < this.size && !this.direct) {
      const change = this.download.change();
      change.catch(() => undefined); // perhaps the byte is there, and nobody needs to know
      const length = await this.readFile(target, position);
      if (length > 0) return length;
      if (!(await this.goesOn(change))) break;
    }
    return this.direct ? this.direct.read(target, position) : 0;
  }

  async close(): Promise<void> {
    await this.file?.close();
    await this.direct?.close();
  }

  /** 0 when the byte is not there yet, or the file is on its way to another place. */
  private async readFile(target: Uint8Array, position: number): Promise<number> {
    const there = this.download.available - position;
    if (there <= 0) return 0;
    const wanted = target.subarray(0, there);
    const length = (await this.file?.read(wanted, position)) ?? 0;
    if (length > 0) return length;
    await this.file?.close();
    this.file = undefined;
    this.file = await this.download.open();
    return (await this.file?.read(wanted, position)) ?? 0;
  }

  private async goesOn(change: Promise<boolean>): Promise<boolean> {
    try {
      return await change;
    } catch (error) {
      if (!isOurs(error)) throw error;
      this.direct = new DirectReader(this.size, this.source);
      return true;
    }
  }
}
