import type { Blob, ImageSource as CopySource } from '@longshore/distribution';
import { readSmallBlob } from '@longshore/mirror';
import { parseManifest, type Digest } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import type { ImageSource, SourceManifest } from './image-source.js';

/** An image in a place that mirrors read. All content is compared with its digest. */
export class PlaceSource implements ImageSource {
  readonly #configs = new Map<Digest, Blob>();

  constructor(readonly source: CopySource) {}

  async manifest(reference: string, signal: AbortSignal): Promise<SourceManifest> {
    const manifest = await this.source.manifest(reference, { signal });
    const { config } = parseManifest(manifest.bytes, manifest.mediaType);
    if (config !== undefined) this.#configs.set(config.digest, config);
    return manifest;
  }

  async smallBlob(digest: Digest, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const blob = this.#configs.get(digest);
    if (blob === undefined) throw new CliError('the manifest comes first');
    return readSmallBlob(this.source, blob, maxBytes, { signal });
  }
}
