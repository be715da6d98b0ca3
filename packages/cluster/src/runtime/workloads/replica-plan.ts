import type { Pod } from '../../kinds/pods/pod.js';
import { isReady } from '../agent/pod-status.js';
import { isActive, untilAvailable } from './pod-template.js';

/** Kubernetes makes and deletes no more at a time. */
const BURST = 500;

export interface ReplicaPlan {
  create: number;
  /** Those that are missed least. */
  remove: Pod[];
}

/** How the number of active pods becomes the wanted one. */
export function planReplicas(wanted: number, pods: readonly Pod[]): ReplicaPlan {
  const active = pods.filter(isActive);
  const missing = wanted - active.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] };
  const byLoss = [...active].sort(compareLoss);
  return { create: 0, remove: byLoss.slice(0, Math.min(-missing, BURST)) };
}

/** Without a node before those with one, pending before running, not ready before ready, restarted often, young (`ActivePods`). */
function compareLoss(a: Pod, b: Pod): number {
  const ranks = (pod: Pod) => [
    pod.spec.nodeName ? 1 : 0,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod.status) ? 1 : 0,
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  const [left, right] = [ranks(a), ranks(b)];
  const different = left.findIndex((rank, at) => rank !== right[at]);
  return different < 0 ? 0 : (left[different] ?? 0) - (right[different] ?? 0);
}

export interface ReplicaCounts {
  replicas: number;
  ready: number;
  available: number;
  /** Milliseconds until another pod becomes available; undefined when none is about to. */
  nextAvailable?: number;
}

/** How many pods there are, and how they are. */
export function countReplicas(pods: readonly Pod[], minReadySeconds: number, now: number): ReplicaCounts {
  const active = pods.filter(isActive);
  const waits = active.map((pod) => untilAvailable(pod, minReadySeconds, now)).filter((wait) => wait !== undefined);
  const later = waits.filter((wait) => wait > 0);
  return {
    replicas: active.length,
    ready: waits.length,
    available: waits.length - later.length,
    ...(later.length > 0 && { nextAvailable: Math.min(...later) }),
  };
}
