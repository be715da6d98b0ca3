/** Addresses and node ports of services: which are asked for, and which are given back. */
import type { KubeObject } from '@longshore/kube';
import type { ServiceSpec } from 'kubernetes-types/core/v1.js';
import type { KindHooks } from '../hooks.js';

type Service = KubeObject & { spec: ServiceSpec };

const hasAddress = ({ clusterIP }: ServiceSpec) => clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None';

export const needsNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

const nodePortsOf = ({ ports = [] }: ServiceSpec) => ports.map(({ nodePort }) => nodePort).filter(Boolean);

/** Gives a service the address and the node ports that it lacks, and asks for those that the old one did not have. */
export function allocateNumbers(service: Service, hooks: KindHooks, old?: Service): void {
  const { spec } = service;
  const isNew = spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP !== old?.spec.clusterIP;
  if (spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && isNew) {
    const address = hooks.allocateClusterIp?.(service, spec.clusterIP || undefined);
    if (address !== undefined) {
      spec.clusterIP = address;
      spec.clusterIPs = [address];
    }
  }
  if (!needsNodePorts(spec)) return;
  const had = nodePortsOf(old?.spec ?? {});
  for (const port of spec.ports ?? []) {
    if (port.nodePort && had.includes(port.nodePort)) continue;
    const number = hooks.allocateNodePort?.(service, port.nodePort || undefined);
    if (number !== undefined) port.nodePort = number;
  }
}

/** Gives back what the first service has and the second, if any, has not. */
export function releaseNumbers(from: Service, kept: Service | undefined, hooks: KindHooks): void {
  const keptPorts = nodePortsOf(kept?.spec ?? {});
  const ports = (from.spec.ports ?? []).filter(({ nodePort }) => nodePort && !keptPorts.includes(nodePort));
  const isReturned = hasAddress(from.spec) && from.spec.clusterIP !== kept?.spec.clusterIP;
  if (!isReturned && ports.length === 0) return;
  const { clusterIP } = from.spec;
  hooks.releaseService?.({ ...from, spec: { ports, ...(isReturned && { clusterIP }) } });
}
