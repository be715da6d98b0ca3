import { formatTime, type KubeObject } from '@longshore/kube';
import type { DeploymentCondition, DeploymentSpec, DeploymentStatus } from 'kubernetes-types/apps/v1.js';
import type { ReplicaSet } from './replica-set-controller.js';
import { rolloutBounds } from './rollout-plan.js';

export type Deployment = KubeObject & { spec: DeploymentSpec; status?: DeploymentStatus };

/** The status of a deployment from its replica sets (Kubernetes' `deployment/progress.go` and `sync.go`). */
export function deploymentStatus(
  { metadata, spec, status: old = {} }: Deployment,
  current: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
  now: Date,
): DeploymentStatus {
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((total, { status }) => total + (status?.[field] ?? 0), 0);
  const counts = {
    replicas: sum('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
  };
  const wanted = sets.reduce((total, set) => total + (set.spec.replicas ?? 0), 0);
  const status: DeploymentStatus = {
    ...old,
    ...counts,
    unavailableReplicas: Math.max(0, wanted - counts.availableReplicas),
    observedGeneration: metadata.generation,
  };
  const conditions = [availability(spec, counts.availableReplicas), progress(spec, old, status, current, now)];
  return { ...status, conditions: conditions.flatMap((one) => (one ? [timed(old, one, now)] : [])) };
}

type Told = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

function availability(spec: DeploymentSpec, available: number): Told {
  const enough = available >= (spec.replicas ?? 1) - rolloutBounds(spec).unavailable;
  return enough
    ? told('Available', true, 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : told('Available', false, 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
}

function progress(
  spec: DeploymentSpec,
  old: DeploymentStatus,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
  now: Date,
): Told | undefined {
  const known = old.conditions?.find(({ type }) => type === 'Progressing');
  if (spec.paused) return told('Progressing', undefined, 'DeploymentPaused', 'Deployment is paused');
  const name = JSON.stringify(current?.metadata.name ?? '');
  if (isComplete(spec, status)) {
    return told('Progressing', true, 'NewReplicaSetAvailable', `ReplicaSet ${name} has successfully progressed.`);
  }
  if (current === undefined) return known;
  const deadline = (spec.progressDeadlineSeconds ?? 600) * 1000;
  const isNew = known === undefined || known.reason === 'DeploymentPaused' || !known.message?.includes(name);
  if (isNew) return told('Progressing', true, 'NewReplicaSetCreated', `Created new replica set ${name}`);
  if (hasMoved(old, status) || known.reason === 'NewReplicaSetAvailable') {
    return told('Progressing', true, 'ReplicaSetUpdated', `ReplicaSet ${name} is progressing.`);
  }
  const last = Date.parse(known.lastUpdateTime as unknown as string);
  if (known.reason === 'ProgressDeadlineExceeded' || now.getTime() >= last + deadline) {
    return told('Progressing', false, 'ProgressDeadlineExceeded', `ReplicaSet ${name} has timed out progressing.`);
  }
  return known;
}

/** Whether all pods are of the present template and available, and there are no others. */
export function isComplete({ replicas: wanted = 1 }: DeploymentSpec, status: DeploymentStatus): boolean {
  const { updatedReplicas, replicas, availableReplicas } = status;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
}

function hasMoved(old: DeploymentStatus, now: DeploymentStatus): boolean {
  const more = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (now[field] ?? 0) > (old[field] ?? 0);
  const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return more('updatedReplicas') || more('readyReplicas') || more('availableReplicas') || oldPods(now) < oldPods(old);
}

/** Milliseconds until the deadline of progress; undefined when it does not count. */
export function untilDeadline({ spec, status }: Deployment, now: number): number | undefined {
  const known = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (known?.status !== 'True' || known.reason === 'NewReplicaSetAvailable') return undefined;
  const last = Date.parse(known.lastUpdateTime as unknown as string);
  return Math.max(0, last + (spec.progressDeadlineSeconds ?? 600) * 1000 - now) + 1000;
}

function told(type: string, holds: boolean | undefined, reason: string, message: string): Told {
  return { type, status: holds === undefined ? 'Unknown' : holds ? 'True' : 'False', reason, message };
}

/** `lastUpdateTime` changes with each step, `lastTransitionTime` only with the status. */
function timed({ conditions = [] }: DeploymentStatus, condition: Told, now: Date): DeploymentCondition {
  const { type, status, reason, message } = condition;
  const old = conditions.find((one) => one.type === type);
  if (old === condition) return old;
  const time = formatTime(now) as unknown as DeploymentCondition['lastUpdateTime'];
  const isSame = old?.status === status && old.reason === reason;
  const updated = isSame && reason !== 'ReplicaSetUpdated' ? old.lastUpdateTime : time;
  const since = old?.status === status ? old.lastTransitionTime : time;
  return { type, status, reason, message, lastUpdateTime: updated, lastTransitionTime: since };
}
