import { isIPv6 } from 'node:net';
import type { ImageConfig, KubeObject } from '@longshore/kube';

export const REGISTRY_SERVICE = { namespace: 'openshift-image-registry', name: 'image-registry' };

export interface RegistryService extends KubeObject {
  spec: { clusterIP?: string; clusterIPs?: string[]; ports?: { port: number }[] };
}

export interface HostSources {
  /** `image-registry` in `openshift-image-registry`. */
  service: RegistryService | undefined;
  /** `images.config.openshift.io/cluster` */
  config: Pick<ImageConfig, 'status'> | undefined;
  /** Addresses that no object tells: `127.0.0.1:5000` of the embedded registry. */
  own: readonly string[];
}

const DEFAULT_PORTS = [80, 443];

/**
 * The hosts, with ports, by which images of the cluster's registry are named, in order (registry.md 2.5). None when there is
 * no registry: no service, no internal name and no own address; routes alone make none.
 */
export function registryHosts({ service, config, own }: HostSources): string[] {
  const { internalRegistryHostname: internal = '', externalRegistryHostnames: external = [] } = config?.status ?? {};
  const inside = [...serviceHosts(service), ...withClusterDomain(internal), ...own];
  return inside.length === 0 ? [] : [...new Set([...inside, ...external])].sort();
}

function serviceHosts(service: RegistryService | undefined): string[] {
  const { clusterIP = '', clusterIPs = [clusterIP], ports = [] } = service?.spec ?? {};
  const dns = withClusterDomain(`${REGISTRY_SERVICE.name}.${REGISTRY_SERVICE.namespace}.svc`);
  const addresses = clusterIPs.filter((address) => address !== '' && address !== 'None');
  const hosts = [...dns, ...addresses.map((address) => (isIPv6(address) ? `[${address}]` : address))];
  return ports.flatMap(({ port }) => [
    ...hosts.map((host) => `${host}:${port}`),
    ...(DEFAULT_PORTS.includes(port) ? hosts : []),
  ]);
}

/** `a.b.svc:5000` is reached as `a.b.svc.cluster.local:5000`, too. */
function withClusterDomain(host: string): string[] {
  if (host === '') return [];
  const long = host.replace(/\.svc(?=:|$)/, '.svc.cluster.local');
  return long === host ? [host] : [host, long];
}
