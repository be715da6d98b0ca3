import { Quantity } from '@longshore/kube';
import type { Container } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';

/** Where a pod runs. */
export interface PodPlace {
  podIp: string;
  hostIp: string;
  nodeName: string;
}

const KEYED = /^metadata\.(labels|annotations)\['([^']{1,317})'\]$/;

/** The value of a field of the downward API (`fieldRef`); undefined for a path that is none. */
export function podField({ metadata, spec }: Pod, path: string, place: PodPlace): string | undefined {
  const keyed = KEYED.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'spec.nodeName':
      return place.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIp;
    default:
      return undefined;
  }
}

/** As Kubernetes writes maps into files: `key="value"`, sorted. */
function lines(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** What the machine has, for limits that a container does not set. */
export interface Capacity {
  cpu: string;
  memory: string;
}

/**
 * The value of `resourceFieldRef`, in units of the divisor, rounded up; undefined for a resource that is none. A missing
 * limit is what the machine has.
 */
export function resourceField(
  { resources = {} }: Container,
  resource: string,
  divisor: string | undefined,
  capacity: Capacity,
): string | undefined {
  const [kind, name = ''] = resource.split('.');
  if (kind !== 'limits' && kind !== 'requests') return undefined;
  const amounts = resources[kind];
  const limit = name === 'cpu' || name === 'memory' ? capacity[name] : '0';
  const amount = amounts?.[name] ?? (kind === 'limits' ? limit : '0');
  const unit = divisor === undefined || divisor === '0' ? '1' : divisor;
  const { nanos } = Quantity.parse(amount);
  const { nanos: each } = Quantity.parse(unit);
  return each <= 0n ? undefined : String((nanos + each - 1n) / each);
}
