import type { Blob, ManifestReading, RemoteManifest, Waiting } from '@longshore/distribution';
import type { ReadableSource } from '../extract/readable-source.js';

/**
 * An image of a release that was read from media: from there, when it is there, and else from where the release says that it is
 * (mirror.md 1.1). What is there and spoilt is an error.
 */
export class ComponentSource implements ReadableSource {
  readonly name: string;
  #chosen: ReadableSource;

  constructor(
    media: ReadableSource,
    readonly named: ReadableSource,
  ) {
    this.name = media.name;
    this.#chosen = media;
  }

  async manifest(reference: string, options: ManifestReading): Promise<RemoteManifest> {
    try {
      return await this.#chosen.manifest(reference, options);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'NOT_FOUND' || this.#chosen === this.named) throw error;
      this.#chosen = this.named;
      return this.named.manifest(reference, options);
    }
  }

  openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    return this.#chosen.openBlob(blob, start, options);
  }
}
