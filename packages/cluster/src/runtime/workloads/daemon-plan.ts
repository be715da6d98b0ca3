import type { DaemonSetSpec } from 'kubernetes-types/apps/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { resolveIntOrPercent } from '@longshore/kube';
import { isReady } from '../agent/pod-status.js';
import { isActive } from './pod-template.js';

export interface DaemonPlan {
  create: boolean;
  remove: Pod[];
}

/**
 * What a daemon set does on the one node that there is. `hash`: of its template; pods of another one are replaced, before
 * they end when `maxSurge` allows it. `isWanted`: whether the node is one of its nodes.
 */
export function planDaemon(
  { updateStrategy = {} }: DaemonSetSpec,
  pods: readonly Pod[],
  hash: string,
  { isWanted, hashLabel }: { isWanted: boolean; hashLabel: string },
): DaemonPlan {
  const failed = pods.filter(
    ({ status, metadata }) => status?.phase === 'Failed' && metadata.deletionTimestamp === undefined,
  );
  const active = pods.filter(isActive);
  if (!isWanted) return { create: false, remove: [...active, ...failed] };
  const fresh = active.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash);
  const old = active.filter((pod) => !fresh.includes(pod));
  const [newest, ...more] = fresh;
  if (updateStrategy.type === 'OnDelete') {
    return { create: active.length === 0 && !isEnding(pods), remove: [...active.slice(1), ...failed] };
  }
  const surge = resolveIntOrPercent(updateStrategy.rollingUpdate?.maxSurge ?? 0, 1, 'up') ?? 0;
  if (newest === undefined) {
    // Without surge the old pod ends first, and is gone before the new one begins.
    if (surge === 0) return { create: old.length === 0 && !isEnding(pods), remove: [...old, ...failed] };
    return { create: true, remove: [...old.filter((pod) => !isReady(pod.status)), ...failed] };
  }
  return { create: false, remove: [...more, ...(isReady(newest.status) || surge === 0 ? old : []), ...failed] };
}

const isEnding = (pods: readonly Pod[]) =>
  pods.some(
    ({ metadata, status }) =>
      metadata.deletionTimestamp !== undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded',
  );
