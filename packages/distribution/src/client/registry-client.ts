import { isRegistryHost, normalizeHost } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import { retrying } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import type { RepositoryName } from '../repository-name.js';
import { ClientContext } from './client-context.js';
import { Endpoint } from './endpoint.js';
import type { RegistryClientOptions, RepositoryOptions } from './options.js';
import { RegistryApi } from './registry-api.js';
import { RegistryRepository } from './registry-repository.js';
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
