import { randomBytes } from 'node:crypto';
import { digestOf } from '../content/digest.js';
import { imageConfig, imageManifest, manifestType } from '../content/image.js';
import type { RawConnection } from './raw-connection.js';
import { uploadBlob } from './upload-blob.js';

/** An image of random content, with a config of 1 KB, to be pushed. */
export class SmallImage {
  private readonly blobs: Buffer[];
  private readonly manifest: Buffer;
  readonly digest: string;

  constructor(layerSize: number, layerCount = 1) {
    const layers = Array.from({ length: layerCount }, () => randomBytes(layerSize));
    const config = imageConfig(layers.map(digestOf), randomBytes(400).toString('hex'));
    this.blobs = [...layers, config];
    this.manifest = imageManifest(config, layers);
    this.digest = digestOf(this.manifest);
  }

  /** Does what common clients do: asks for each blob, uploads it, and puts the manifest. */
  async push(connection: RawConnection, repository: string, tag: string): Promise<void> {
    await this.uploadBlobs(connection, repository);
    await this.putManifest(connection, repository, tag);
  }

  async uploadBlobs(connection: RawConnection, repository: string): Promise<void> {
    for (const blob of this.blobs) {
      const digest = digestOf(blob);
      await connection.expect(404, { method: 'HEAD', path: `/v2/${repository}/blobs/${digest}` });
      const slices = (start: number, end: number) => [blob.subarray(start, end)];
      await uploadBlob(connection, { repository, digest, size: blob.length, slices, chunkSize: undefined });
    }
  }

  async putManifest(connection: RawConnection, repository: string, tag: string): Promise<void> {
    await connection.expect(201, {
      method: 'PUT',
      path: `/v2/${repository}/manifests/${tag}`,
      headers: { 'Content-Type': manifestType },
      body: { length: this.manifest.length, parts: [this.manifest] },
    });
  }
}
