import { Quantity, type JsonObject } from '@longshore/kube';
import type { ConfigSpec, Resources } from '../config/config.js';
import { NAMESPACE, RESOURCES, SELECTOR } from '../names.js';
import type { Snapshot } from '../snapshot.js';

const HOSTNAME = 'kubernetes.io/hostname';
const WORKER = 'node-role.kubernetes.io/worker';
const ZONE = 'topology.kubernetes.io/zone';

/** CPU and memory, with quantities as the API server writes them. */
export function containerResources(resources: Resources | undefined): Resources {
  const { requests, limits, ...others } = resources ?? { requests: { cpu: '100m', memory: '256Mi' } };
  return {
    ...others,
    ...(limits && { limits: canonical(limits) }),
    ...(requests && { requests: canonical(requests) }),
  };
}

function canonical(quantities: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, value]) => [name, canonicalQuantity(String(value))]),
  );
}

/** What is no quantity is left for the API server to refuse. */
function canonicalQuantity(text: string): string {
  try {
    return Quantity.parse(text).toString();
  } catch {
    return text;
  }
}

/** Two registries are not on one node, so that it takes only one of them with it (operator.md 4.1). */
export function affinityOf({ affinity, replicas }: ConfigSpec): JsonObject | undefined {
  if (affinity !== undefined || replicas !== 2) return affinity;
  const term = { topologyKey: HOSTNAME, namespaces: [NAMESPACE], labelSelector: { matchLabels: { ...SELECTOR } } };
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}

/**
 * Evenly over nodes, workers and zones. More than two registries rather run unevenly than not at all (operator.md 8, row 11). A
 * label that no node has is no place to be: pods would wait for ever.
 */
export function spreadOf(
  { topologySpreadConstraints, nodeSelector, replicas }: ConfigSpec,
  snapshot: Snapshot,
): JsonObject[] {
  if (topologySpreadConstraints !== undefined) return topologySpreadConstraints;
  if (nodeSelector !== undefined) return [];
  const nodes = snapshot.list(RESOURCES.nodes);
  const isLabel = (key: string) => nodes.some(({ metadata }) => metadata.labels?.[key] !== undefined);
  const keys = [HOSTNAME, ...(nodes.length === 0 || isLabel(WORKER) ? [WORKER] : []), ...(isLabel(ZONE) ? [ZONE] : [])];
  return keys.map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: replicas > 2 ? 'ScheduleAnyway' : 'DoNotSchedule',
    labelSelector: { matchLabels: { ...SELECTOR } },
    matchLabelKeys: ['pod-template-hash'],
    nodeAffinityPolicy: 'Honor',
    nodeTaintsPolicy: 'Honor',
  }));
}
