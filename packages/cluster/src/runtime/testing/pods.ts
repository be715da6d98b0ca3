/** For tests: pods as the plans of workloads and services look at them. */
import type { ContainerPort } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';

export interface PodState {
  labels?: Record<string, string>;
  finalizers?: string[];
  phase?: string;
  ip?: string;
  isReady?: boolean;
  isEnding?: boolean;
  /** Seconds of the grace period, while it ends. */
  grace?: number;
  node?: string;
  restarts?: number;
  /** Seconds after 2030 at which it was made and became ready. */
  at?: number;
  ports?: ContainerPort[];
}

export const secondOf2030 = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString();

export function podOf(name: string, state: PodState = {}): Pod {
  const {
    at = 0,
    isReady = false,
    isEnding = false,
    grace,
    restarts = 0,
    ip,
    node,
    ports = [],
    phase = 'Running',
  } = state;
  const time = secondOf2030(at);
  const ready = { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: time as never };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: time,
      labels: state.labels ?? {},
      ...(state.finalizers && { finalizers: state.finalizers }),
      ...(isEnding && { deletionTimestamp: time, deletionGracePeriodSeconds: grace ?? 30 }),
    },
    spec: { containers: [{ name: 'c', ports }], ...(node && { nodeName: node }) },
    status: {
      phase,
      conditions: [ready],
      ...(ip && { podIP: ip }),
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: isReady, restartCount: restarts, state: { running: {} } },
      ],
    },
  };
}
