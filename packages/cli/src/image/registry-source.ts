import type { PullSource, RegistryClient, RemoteRepository } from '@longshore/distribution';
import type { Digest } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import type { ImageSource, SourceManifest } from './image-source.js';

export interface RegistrySourceOptions {
  client: RegistryClient;
  /** In the order in which to try. */
  places: readonly PullSource[];
  verify: boolean;
}

/** An image in a registry, or in the first of several that has it. What has answered once is asked for the rest. */
export class RegistrySource implements ImageSource {
  readonly #options: RegistrySourceOptions;
  #chosen: RemoteRepository | undefined;

  constructor(options: RegistrySourceOptions) {
    this.#options = options;
  }

  async manifest(reference: string, signal: AbortSignal): Promise<SourceManifest> {
    const { verify } = this.#options;
    if (this.#chosen !== undefined) return this.#chosen.manifest(reference, { signal, verify });
    const failures: Error[] = [];
    for (const { repository: name } of this.#options.places) {
      const repository = this.#options.client.repository(name);
      try {
        const manifest = await repository.manifest(reference, { signal, verify });
        this.#chosen = repository;
        return manifest;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error as Error);
      }
    }
    const [first] = failures;
    if (first === undefined || failures.length === 1) throw first ?? new CliError('there is no place to ask');
    throw new CliError(failures.map(({ message }) => message).join('\n'), 1, { cause: first });
  }

  async smallBlob(digest: Digest, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    if (this.#chosen === undefined) throw new CliError('the manifest comes first');
    const { size, body } = await this.#chosen.blob(digest, { signal, verify: this.#options.verify });
    if (size > maxBytes) {
      body.destroy();
      throw new CliError(`${digest} has ${size} bytes, more than the ${maxBytes} that are read`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}
