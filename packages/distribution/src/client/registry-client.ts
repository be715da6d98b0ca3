import type { RepositoryName } from '../repository-name.js';
import type { RegistryClientOptions } from './options.js';
import type { RemoteRepository, Waiting } from './remote-repository.js';

/** Speaks to registries: pools of connections, tokens, credentials, retries. One serves a whole process. */
export declare class RegistryClient {
  constructor(options?: RegistryClientOptions);
  /** No request is made. Errors: RemoteError INVALID for a name that no registry can have. */
  repository(name: RepositoryName): RemoteRepository;
  /** Finds out whether a registry answers at a host. Errors: RemoteError, for one that is none NOT_A_REGISTRY. */
  ping(host: string, options: Waiting): Promise<void>;
  /** Closes all connections; running requests fail. */
  close(): Promise<void>;
}
