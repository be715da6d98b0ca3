import { formatTime } from '@longshore/kube';
import type { ContainerStatus, PodCondition, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import type { PodPlace } from './pod-fields.js';

/** What is known of a pod that this machine runs. */
export interface PodObservation {
  spec: PodSpec;
  /** As the API has it. */
  known: PodStatus;
  place: PodPlace;
  startTime: Date;
  /** In the order of the specification. */
  initContainers: ContainerStatus[];
  containers: ContainerStatus[];
  /** Why the pod as a whole has failed: its deadline. */
  failure?: { reason: string; message: string };
  /** Whether its volumes are there. */
  hasVolumes: boolean;
}

/** The status of a pod from what its containers are (kubelet's `getPhase` and `status/generate.go`). */
export function podStatus(observation: PodObservation, now: Date): PodStatus {
  const { known, place, startTime, initContainers, containers, failure, hasVolumes } = observation;
  const phase = failure ? 'Failed' : podPhase(observation);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const initialized = initContainers.every(isDone);
  const over = phase === 'Succeeded' ? { reason: 'PodCompleted' } : { reason: 'PodFailed' };
  const waiting = { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const readiness = isOver ? over : unready.length > 0 ? waiting : undefined;
  const undone = initContainers.filter((one) => !isDone(one)).map(({ name }) => name);
  const initializing = {
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${undone.join(' ')}]`,
  };
  const conditions: [string, boolean, { reason?: string; message?: string }?][] = [
    ['PodReadyToStartContainers', hasVolumes && !isOver],
    ['Initialized', initialized || phase === 'Succeeded', initialized ? undefined : initializing],
    ['Ready', readiness === undefined, readiness],
    ['ContainersReady', readiness === undefined, readiness],
    ['PodScheduled', true],
  ];
  return {
    ...known,
    phase,
    ...(failure ?? { reason: undefined, message: undefined }),
    conditions: conditions.map(([type, holds, why]) => podCondition(known, type, holds, why, now)),
    hostIP: place.hostIp,
    hostIPs: [{ ip: place.hostIp }],
    podIP: place.podIp,
    podIPs: [{ ip: place.podIp }],
    startTime: formatTime(startTime),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers }),
    containerStatuses: containers,
  };
}

function isDone({ state }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0;
}

/** `Pending` until every container has once run, then by what is left of them. */
export function podPhase({
  spec,
  initContainers,
  containers,
}: Pick<PodObservation, 'spec' | 'initContainers' | 'containers'>): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const { restartPolicy = 'Always' } = spec;
  const undone = initContainers.filter((one) => !isDone(one));
  if (undone.length > 0) {
    const hasFailed = undone.some(({ state }) => state?.terminated !== undefined);
    return hasFailed && restartPolicy === 'Never' ? 'Failed' : 'Pending';
  }
  const ends = containers.map(({ state, lastState }) => state?.terminated ?? (state?.waiting && lastState?.terminated));
  const running = containers.filter(({ state }) => state?.running).length;
  if (containers.some(({ state }, at) => !state?.running && ends[at] === undefined)) return 'Pending';
  if (running > 0 || restartPolicy === 'Always') return 'Running';
  if (ends.every((end) => end?.exitCode === 0)) return 'Succeeded';
  const isFinal = containers.every(({ state }) => state?.terminated !== undefined);
  return restartPolicy === 'Never' && isFinal ? 'Failed' : 'Running';
}

/** A condition whose time of transition stays while its status does. */
export function podCondition(
  { conditions = [] }: PodStatus,
  type: string,
  holds: boolean,
  why: { reason?: string; message?: string } | undefined,
  now: Date,
): PodCondition {
  const status = holds ? 'True' : 'False';
  const old = conditions.find((one) => one.type === type);
  const since = old?.status === status ? old.lastTransitionTime : undefined;
  return { type, status, lastTransitionTime: since ?? formatTime(now), ...why };
}

/** Whether a pod has come to its end. */
export function isTerminal({ phase }: PodStatus = {}): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

export function isReady({ conditions = [] }: PodStatus = {}): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
