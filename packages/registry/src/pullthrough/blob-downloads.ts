import { abortable } from '@longshore/kube';
import type { Digest } from '@longshore/oci';
import type { FileReader } from '@longshore/storage';
import type { BlobSource } from './blob-source.js';
import { DirectReader } from './direct-reader.js';
import { Download, type DownloadParts } from './download.js';
import { DownloadReader } from './download-reader.js';
import { isOurs } from './errors.js';

/** Downloads of one process at a time. What comes on top is read from upstream by each reader, and not kept. */
const MAX_DOWNLOADS = 32;

/** The downloads of this process: one for all readers of a blob of a repository. */
export class BlobDownloads {
  private readonly running = new Map<string, Download>();

  /** `stop` ends them all; what came is kept for the next start. `onFailed` hears of each that fails, read or not. */
  constructor(
    private readonly parts: DownloadParts,
    private readonly stop: AbortSignal,
    private readonly onFailed: (repository: string, digest: Digest, error: unknown) => void = () => undefined,
  ) {}

  /** Reads a blob while it is downloaded and kept. Errors: as the source's, when upstream does not have it. */
  async open(repository: string, digest: Digest, source: BlobSource, signal: AbortSignal): Promise<FileReader> {
    const download = this.join(repository, digest, source);
    if (!download) return readDirectly(source, signal);
    try {
      return new DownloadReader(await abortable(download.size, signal), download, source);
    } catch (error) {
      if (!isOurs(error)) throw error;
      return readDirectly(source, signal);
    }
  }

  /** Resolves when none is running. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map(({ ended }) => ended));
  }

  private join(repository: string, digest: Digest, source: BlobSource): Download | undefined {
    const key = `${repository}@${digest}`;
    const known = this.running.get(key);
    if (known || this.running.size >= MAX_DOWNLOADS) return known;
    const download = new Download(this.parts, repository, digest, source, this.stop);
    this.running.set(key, download);
    void download.ended
      .catch((error: unknown) => this.onFailed(repository, digest, error))
      .finally(() => {
        this.running.delete(key);
      });
    return download;
  }
}

/** Reads a blob from upstream and keeps nothing. */
export async function readDirectly(source: BlobSource, signal: AbortSignal): Promise<FileReader> {
  return new DirectReader(await source.size(signal), source);
}
