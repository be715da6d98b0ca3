import type { GatewayAddress } from './store.js';

/** How an embedded cluster is run. */
export interface ClusterOptions {
  /** Holds everything: objects, keys, blobs, the kubeconfig. Made when it is not there, with mode 0700. */
  dataDir: string;
  /** `host:port` of the API server; port 0 takes a free one. */
  apiAddress: string;
  /** `host:port` by which the registry is reached on this machine; port 0 takes a free one. */
  registryAddress: string;
  /** The Image Registry Operator runs the registry in a pod; else it is part of the cluster's own process. */
  operator: boolean;
  /** `host:port` at which hosts of routes are served. Default: 127.0.0.1:443, or a free port where that cannot be had. */
  routerAddress?: string;
  /**
   * This machine may get to know the cluster that has an operator: names of services and routes in `/etc/hosts`, and certificates
   * where container engines look for them. Takes root.
   */
  changesHost: boolean;
  /** Further names and addresses under which clients reach the API server. */
  names: readonly string[];
  /** Where objects are kept instead of the data folder. */
  etcd?: GatewayAddress;
  /** Of Longshore. */
  version: string;
  /** The environment, of which REGISTRY_* is for a registry without operator. */
  env: NodeJS.ProcessEnv;
}

export interface Cluster {
  /** `https://127.0.0.1:6443` */
  apiUrl: string;
  registryAddress: string;
  /** `host:port` by which container engines of this machine find and trust the registry, where the cluster could tell them. */
  registryHost?: string;
  /** `127.0.0.1:443`: where hosts of routes are served. */
  routerAddress?: string;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** Path of the certificate of who vouches for the API server, PEM: for clients without a kubeconfig. */
  authority: string;
  /** Only where the cluster has just been made. */
  kubeadminPassword?: string;
  /** Waits for the registry, as long as one waits; then tells why it is not available. Errors: the signal's reason. */
  untilRegistryAvailable(signal: AbortSignal): Promise<string | undefined>;
  /** Lets running requests end, then closes everything. */
  stop(): Promise<void>;
}

/** Why a cluster cannot start. The message says what to do. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code = 'CLUSTER_FAILED';
}
