import { isDigest } from '@longshore/oci';
import type { Descriptor, Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import type { ArchiveReader } from './archive-reader.js';
import { layoutPath } from './layout-files.js';
import { findInLayout, LARGEST_INDEX, parseLayoutIndex, refName } from './layout-index.js';
import { LARGEST_MANIFEST, readLocalManifest } from './local-manifest.js';
import type { LocalReading } from './local-manifest.js';
import type { Blob } from './place.js';
import type { TarFile } from './tar-file.js';

/** An OCI image layout in a tar archive. */
export class OciArchive implements ArchiveReader {
  constructor(readonly tar: TarFile) {}

  async manifest(reference: string, reading?: LocalReading): Promise<RemoteManifest> {
    const digest = isDigest(reference) ? reference : await this.#named(reference);
    const name = layoutPath(digest);
    const bytes = await this.tar.read(name, LARGEST_MANIFEST);
    return readLocalManifest(bytes, `${this.tar.path}: ${name}`, digest, reading);
  }

  async names(): Promise<string[]> {
    return (await this.entries()).flatMap((entry) => refName(entry) ?? []);
  }

  async entries(): Promise<Descriptor[]> {
    return parseLayoutIndex(await this.tar.read('index.json', LARGEST_INDEX), `${this.tar.path}: index.json`);
  }

  async fileOf({ digest }: Blob): Promise<string> {
    return layoutPath(digest);
  }

  async #named(name: string): Promise<Digest> {
    return findInLayout(await this.entries(), name, this.tar.path).digest;
  }
}
