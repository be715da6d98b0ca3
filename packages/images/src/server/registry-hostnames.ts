import type { ImageConfig } from '@longshore/kube';
import type { ClusterObjects, RegistryHostnames } from '../api/parts.js';

/** Where the registry of an extended cluster is: as its image configuration says, else as whoever started the server says. */
export class ConfiguredHostnames {
  #configured: RegistryHostnames = { external: [] };

  constructor(
    private readonly cluster: ClusterObjects,
    private readonly fallback: RegistryHostnames,
  ) {}

  get current(): RegistryHostnames {
    const internal = this.#configured.internal ?? this.fallback.internal;
    const { external } = this.#configured;
    return {
      ...(internal !== undefined && { internal }),
      external: external.length > 0 ? external : this.fallback.external,
    };
  }

  /** Reads the configuration, which a cluster need not have. Errors: those of the cluster. */
  async refresh(): Promise<void> {
    const config = await this.cluster.get<ImageConfig>('images.config.openshift.io', '', 'cluster');
    const { internalRegistryHostname: internal, externalRegistryHostnames: external = [] } = config?.status ?? {};
    this.#configured = { ...(internal !== undefined && internal !== '' && { internal }), external };
  }
}
