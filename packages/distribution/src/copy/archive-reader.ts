import type { RemoteManifest } from '../client/remote-repository.js';
import type { LocalReading } from './local-manifest.js';
import type { Blob } from './place.js';

/** What is in an archive of images. Errors: CopyError. */
export interface ArchiveReader {
  /** By name or digest; the empty name is that of the only image. */
  manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest>;
  names(): Promise<string[]>;
  /** The file of a blob. */
  fileOf(blob: Blob): Promise<string>;
}
