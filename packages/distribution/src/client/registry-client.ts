import { isRegistryHost, normalizeHost, type Digest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import { retrying } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import type { RepositoryName } from '../repository-name.js';
import { ClientContext } from './client-context.js';
import { Endpoint } from './endpoint.js';
import type { RegistryClientOptions, RepositoryOptions } from './options.js';
import { RegistryApi } from './registry-api.js';
import { RegistryRepository } from './registry-repository.js';
import { extensionSignatures, storedSignatures, type SignaturesRequest } from './signatures.js';
import { RepositoryWriter } from './repository-writer.js';
import type { RemoteRepository, Waiting } from './remote-repository.js';

const MOST_ENDPOINTS = 1000;

/** Speaks to registries: pools of connections, tokens, credentials, retries. One serves a whole process. */
export class RegistryClient {
  readonly #context: ClientContext;
  readonly #api: RegistryApi;
  readonly #endpoints = new LRUCache<string, Endpoint>({ max: MOST_ENDPOINTS });

  constructor(options: RegistryClientOptions = {}) {
    this.#context = new ClientContext(options);
    this.#api = new RegistryApi(this.#context);
  }

  /** No request is made. Errors: RemoteError INVALID for a name that no registry can have. */
  repository(name: RepositoryName, options: RepositoryOptions = {}): RemoteRepository {
    const credentials = async () => options.credentials ?? (await this.#context.options.credentials?.(name)) ?? [];
    const endpoint = this.#endpoint(name.host, options.insecure);
    return new RegistryRepository(name, endpoint, this.#api, { credentials, registryHeaders: options.headers ?? {} });
  }

  /** The same for who writes to a repository. */
  writer(name: RepositoryName, options: RepositoryOptions = {}): RepositoryWriter {
    const credentials = async () => options.credentials ?? (await this.#context.options.credentials?.(name)) ?? [];
    const endpoint = this.#endpoint(name.host, options.insecure);
    return new RepositoryWriter(name, endpoint, this.#api, { credentials, registryHeaders: options.headers ?? {} });
  }

  /**
   * The signatures of an image that its registry keeps by OpenShift's extension (registry.md 1.10); none where the registry has
   * no such extension, or does not know the image. Errors: RemoteError.
   */
  async signatures(
    name: RepositoryName,
    digest: Digest,
    { insecure, ...request }: SignaturesRequest & { insecure?: boolean },
  ): Promise<Uint8Array[]> {
    const { options } = this.#context;
    const credentials = async () => (await options.credentials?.(name)) ?? [];
    return extensionSignatures(this.#api, this.#endpoint(name.host, insecure), name, digest, credentials, request);
  }

  /**
   * The signatures of an image in a store below a URL of http, https or file, as `registries.d` names them. One that cannot be
   * read is passed over; its error comes at the end. Errors: RemoteError, those of the file system.
   */
  storedSignatures(
    base: string,
    name: RepositoryName,
    digest: Digest,
    request: SignaturesRequest,
  ): AsyncIterable<Uint8Array> {
    return storedSignatures(this.#context, base, name, digest, request);
  }

  /** Finds out whether a registry answers at a host. Errors: RemoteError, for one that is none NOT_A_REGISTRY. */
  async ping(host: string, { signal }: Waiting): Promise<void> {
    if (!isRegistryHost(host)) throw new RemoteError('INVALID', `${JSON.stringify(host.slice(0, 300))} is not a host`);
    await retrying(() => this.#endpoint(host).ping(signal), { ...this.#context.retries, signal });
  }

  /** Closes all connections; running requests fail. */
  async close(): Promise<void> {
    await this.#context.transport.close();
  }

  #endpoint(host: string, insecure = this.#context.options.insecure?.(host) ?? false): Endpoint {
    const normal = normalizeHost(host);
    const key = `${normal} ${insecure}`;
    const endpoint = this.#endpoints.get(key) ?? new Endpoint(normal, insecure, this.#context);
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }
}
