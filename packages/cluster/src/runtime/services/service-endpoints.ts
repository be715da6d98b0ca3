import type { EndpointAddress, EndpointPort, EndpointSubset } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { Service } from '../../kinds/core/service.js';
import { isReady, isTerminal } from '../agent/pod-status.js';

/** Where the pods of a service can be reached, grouped by their ports. */
export interface PodEndpoint {
  pod: Pod;
  ip: string;
  /** It takes new connections. */
  isReady: boolean;
  isTerminating: boolean;
  ports: EndpointPort[];
}

/** The endpoints of a service (Kubernetes' endpoints controller). Services without a selector have none of their own. */
export function serviceEndpoints({ spec, metadata }: Service, pods: readonly Pod[]): PodEndpoint[] {
  const { selector = {}, ports = [], publishNotReadyAddresses = false } = spec;
  const labels = Object.entries(selector);
  return pods.flatMap((pod) => {
    const { status, metadata: of } = pod;
    const ip = status?.podIP;
    const isOurs = of.namespace === metadata.namespace && labels.every(([name, value]) => of.labels?.[name] === value);
    if (labels.length === 0 || !isOurs || ip === undefined || isTerminal(status)) return [];
    const isTerminating = of.deletionTimestamp !== undefined;
    const mapped = ports.flatMap(({ name, port, targetPort = port, protocol = 'TCP', appProtocol }) => {
      const number = podPort(pod, targetPort);
      return number === undefined
        ? []
        : [{ port: number, protocol, ...(name && { name }), ...(appProtocol && { appProtocol }) }];
    });
    return [
      {
        pod,
        ip,
        isTerminating,
        ports: mapped,
        isReady: (isReady(status) || publishNotReadyAddresses) && !isTerminating,
      },
    ];
  });
}

/** A port by number, or by the name that one of the containers gives it. */
function podPort({ spec }: Pod, target: number | string): number | undefined {
  if (typeof target === 'number') return target;
  if (/^\d{1,5}$/.test(target)) return Number(target);
  return spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === target)?.containerPort;
}

/** As an Endpoints object has them. Pods that are about to end are not among them. */
export function endpointSubsets(endpoints: readonly PodEndpoint[]): EndpointSubset[] {
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  const sorted = [...endpoints].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
  for (const endpoint of sorted) {
    if (endpoint.isTerminating || endpoint.ports.length === 0) continue;
    const key = JSON.stringify(endpoint.ports);
    const group = groups.get(key) ?? { ports: endpoint.ports, ready: [], notReady: [] };
    groups.set(key, group);
    (endpoint.isReady ? group.ready : group.notReady).push(addressOf(endpoint));
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ports,
  }));
}

function addressOf({ pod: { metadata, spec }, ip }: PodEndpoint): EndpointAddress {
  return { ip, nodeName: spec.nodeName, targetRef: podReference(metadata) };
}

function podReference({ name, namespace, uid }: Pod['metadata']) {
  return { kind: 'Pod', name, namespace, uid };
}

/** As an EndpointSlice has them; one slice, as a machine has few pods. Only pods with the ports of the first are in it. */
export function sliceContent(endpoints: readonly PodEndpoint[]) {
  const [first] = endpoints;
  const ports = first?.ports ?? [];
  const same = endpoints.filter((one) => JSON.stringify(one.ports) === JSON.stringify(ports));
  return {
    ports,
    endpoints: same.map(({ pod, ip, isReady: ready, isTerminating: terminating }) => ({
      addresses: [ip],
      conditions: { ready, serving: isReady(pod.status), terminating },
      nodeName: pod.spec.nodeName,
      targetRef: podReference(pod.metadata),
    })),
  };
}
