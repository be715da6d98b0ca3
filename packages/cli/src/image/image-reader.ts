import { RegistryClient, registrySource, type PullSourcesOf } from '@longshore/distribution';
import { folderSource, Places, type ReadableSource } from '@longshore/mirror';
import { clientOptions, userCredentials } from '../registry-access/registry-options.js';
import { parseImageLocation, wantedReference, type ImageLocation } from './image-location.js';
import type { ImageReaderOptions } from './image-reader-options.js';
import { readPullSources } from './mirror-policy.js';

/** An image that can be read, and by which tag or digest. */
export interface FoundImage {
  location: ImageLocation;
  source: ReadableSource;
  reference: string;
}

/** Finds images in registries, in their mirrors and in folders. All content is compared with its digest. */
export class ImageReader {
  private constructor(
    readonly client: RegistryClient,
    readonly pullSources: PullSourcesOf,
    readonly dir: string,
    readonly places: Places,
  ) {}

  /** Errors: CliError and RegistriesConfError for files that cannot be read. */
  static async open(options: ImageReaderOptions): Promise<ImageReader> {
    const pullSources = await readPullSources(options, process.env);
    const access = { ...(await clientOptions(options)), credentials: await userCredentials(options) };
    const client = new RegistryClient(access);
    return new ImageReader(client, pullSources, options.dir, Places.toRead(client, access, options.dir));
  }

  /** Nothing is asked yet. Errors: CliError for a text that names no image. */
  find(text: string): FoundImage {
    const location = parseImageLocation(text);
    return { location, source: this.#sourceOf(location), reference: wantedReference(location) };
  }

  #sourceOf({ kind, reference, place }: ImageLocation): ReadableSource {
    const { registry: host = '', repository: name } = reference;
    if (place !== undefined) return this.places.source(place);
    if (kind === 'file') return folderSource(this.dir, name);
    return registrySource(this.client, { host, name }, this.pullSources);
  }

  async close(): Promise<void> {
    await this.places.close();
    await this.client.close();
  }
}
