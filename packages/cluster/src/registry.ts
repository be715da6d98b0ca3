import { join } from 'node:path';
import { loadConfig, serve, type Logger, type Running } from '@longshore/registry';
import { parseAddress } from './api-socket.js';
import { writeKubeconfig, type ClusterCertificates } from './tls/index.js';

export interface RegistryOptions {
  dataDir: string;
  /** Of the images. */
  folder: string;
  /** Where it listens. */
  address: string;
  /** By which it is named in images. */
  name: string;
  apiUrl: string;
  certificates: ClusterCertificates;
  env: NodeJS.ProcessEnv;
  log: Logger;
}

const NAMESPACE = 'openshift-image-registry';
const ACCOUNT = `system:serviceaccount:${NAMESPACE}:registry`;
const GROUPS = ['system:serviceaccounts', `system:serviceaccounts:${NAMESPACE}`, 'system:authenticated'];

/**
 * Serves the registry of the cluster in this process: its blobs in the data folder, its users and rights those of the API server, which it
 * asks as its own service account. Errors: ConfigError for REGISTRY_* variables; those of `serve`.
 */
export async function startRegistry(options: RegistryOptions): Promise<Running> {
  const { dataDir, folder, address, name, apiUrl, certificates, env, log } = options;
  const kubeconfig = join(dataDir, 'registry.kubeconfig');
  const certificate = await certificates.clientCertificate('registry', ACCOUNT, GROUPS);
  await writeKubeconfig(kubeconfig, {
    server: apiUrl,
    authority: certificates.authority,
    user: ACCOUNT,
    certificate,
    namespace: NAMESPACE,
  });
  const settings = {
    version: 0.1,
    http: { addr: address },
    storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
    auth: { openshift: { realm: 'openshift' } },
    openshift: { kubeconfig, server: { addr: name }, quota: { enabled: true } },
  };
  const config = loadConfig({ text: JSON.stringify(settings), file: 'the registry of the cluster', env });
  return serve(config, { log });
}

/** `host:port` by which clients reach what listens at an address; where that is all addresses, the first further name stands for them. */
export function reachableAt(address: string, names: readonly string[]): string {
  const { host, port } = parseAddress(address);
  if (host !== '' && host !== '0.0.0.0' && host !== '::') return address;
  const [name = '127.0.0.1'] = names;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}
