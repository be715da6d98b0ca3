import { jsonEqual, resolveIntOrPercent } from '@longshore/kube';
import type { DeploymentSpec } from 'kubernetes-types/apps/v1.js';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { ReplicaSet } from './replica-set-controller.js';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';

/** How many pods may be too many, and how many may be missing. */
export interface RolloutBounds {
  surge: number;
  unavailable: number;
}

/** The bounds of a deployment in pods; never both zero, as nothing could move then (`ResolveFenceposts`). */
export function rolloutBounds({ strategy = {}, replicas = 1 }: DeploymentSpec): RolloutBounds {
  if (strategy.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, replicas, 'up') ?? 0;
  const unavailable = Math.min(resolveIntOrPercent(maxUnavailable, replicas, 'down') ?? 0, replicas);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** The replica set of the template as it is now: the oldest, should there be several. */
export function currentSet(template: PodTemplateSpec, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(sets).find((set) => jsonEqual(withoutHash(set.spec.template), withoutHash(template)));
}

function withoutHash({ metadata, spec }: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = (metadata?.labels ?? {}) as Record<string, string>;
  return JSON.parse(JSON.stringify({ metadata: { ...metadata, labels }, spec })) as unknown;
}

export function byAge(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const time = ({ metadata }: ReplicaSet) => Date.parse(metadata.creationTimestamp ?? '');
  return [...sets].sort((a, b) => time(a) - time(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

export interface RolloutState {
  spec: DeploymentSpec;
  /** The replica set of the template as it is now; undefined while there is none. */
  current: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
  /** Whether pods of old replica sets have not ended yet. */
  hasOldPods: boolean;
}

/** What is done next: names of replica sets with the number of pods that they get; whether the current one is made. */
export interface RolloutPlan {
  /** Pods of the replica set that is made. */
  create?: number;
  scale: { name: string; replicas: number }[];
}

const replicasOf = ({ spec }: ReplicaSet) => spec.replicas ?? 0;
const availableOf = ({ status }: ReplicaSet) => status?.availableReplicas ?? 0;
const nameOf = ({ metadata }: ReplicaSet) => metadata.name ?? '';
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number) =>
  sets.reduce((total, set) => total + count(set), 0);

/** The next step of a deployment (Kubernetes' deployment controller, `rolling.go` and `recreate.go`). */
export function planRollout(state: RolloutState): RolloutPlan {
  const { spec, current, old } = state;
  const active = old.filter((set) => replicasOf(set) > 0);
  if (spec.paused) return planPaused(state, active);
  if (spec.strategy?.type === 'Recreate') return planRecreate(state, active);
  const total = sum(old, replicasOf) + (current === undefined ? 0 : replicasOf(current));
  const wanted = spec.replicas ?? 1;
  const { surge } = rolloutBounds(spec);
  const room = Math.max(wanted + surge - total, 0);
  if (current === undefined) return { create: Math.min(room, wanted), scale: [] };
  const has = replicasOf(current);
  const next = has > wanted ? wanted : has + Math.min(room, wanted - has);
  if (next !== has) return { scale: [{ name: nameOf(current), replicas: next }] };
  return { scale: shrinkOld(state, current, active) };
}

/** Only the number of pods follows; the template does not. */
function planPaused({ spec, current }: RolloutState, active: readonly ReplicaSet[]): RolloutPlan {
  const shown = [...active, ...(current !== undefined && replicasOf(current) > 0 ? [current] : [])];
  const [only] = shown;
  if (shown.length !== 1 || only === undefined || replicasOf(only) === (spec.replicas ?? 1)) return { scale: [] };
  return { scale: [{ name: nameOf(only), replicas: spec.replicas ?? 1 }] };
}

/** All old pods end before the first new one begins. */
function planRecreate({ spec, current, hasOldPods }: RolloutState, active: readonly ReplicaSet[]): RolloutPlan {
  if (active.length > 0) return { scale: active.map((set) => ({ name: nameOf(set), replicas: 0 })) };
  if (hasOldPods) return { scale: [] };
  const wanted = spec.replicas ?? 1;
  if (current === undefined) return { create: wanted, scale: [] };
  return replicasOf(current) === wanted ? { scale: [] } : { scale: [{ name: nameOf(current), replicas: wanted }] };
}

/** Takes pods from old replica sets, as many as may be missing: first those that are not available anyway. */
function shrinkOld({ spec }: RolloutState, current: ReplicaSet, active: readonly ReplicaSet[]): RolloutPlan['scale'] {
  const least = (spec.replicas ?? 1) - rolloutBounds(spec).unavailable;
  const notYet = replicasOf(current) - availableOf(current);
  let left = sum(active, replicasOf) + replicasOf(current) - least - notYet;
  if (left <= 0) return [];
  const next = new Map(active.map((set) => [nameOf(set), replicasOf(set)]));
  const take = (set: ReplicaSet, count: number) => {
    left -= count;
    next.set(nameOf(set), (next.get(nameOf(set)) ?? 0) - count);
  };
  const oldest = byAge(active);
  for (const set of oldest) take(set, Math.min(left, Math.max(0, replicasOf(set) - availableOf(set))));
  const spare = Math.max(0, sum(active, availableOf) + availableOf(current) - least);
  left = Math.min(left, spare);
  for (const set of oldest) take(set, Math.max(0, Math.min(left, next.get(nameOf(set)) ?? 0)));
  return active
    .filter((set) => next.get(nameOf(set)) !== replicasOf(set))
    .map((set) => ({ name: nameOf(set), replicas: next.get(nameOf(set)) ?? 0 }));
}

/** Old replica sets beyond the limit of history; the oldest revisions first. */
export function outOfHistory(
  { revisionHistoryLimit: limit = 10 }: DeploymentSpec,
  old: readonly ReplicaSet[],
): string[] {
  const idle = old.filter((set) => replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0);
  const beyond = old.length - limit;
  return beyond <= 0
    ? []
    : idle
        .sort((a, b) => revisionOf(a) - revisionOf(b))
        .slice(0, beyond)
        .map(nameOf);
}

export function revisionOf({ metadata }: ReplicaSet): number {
  const text = metadata.annotations?.[REVISION] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
