import { formatTime } from '@longshore/kube';
import type { Container, ContainerStatus } from 'kubernetes-types/core/v1.js';
import type { ProcessEnd } from '../process/container-process.js';

type State = NonNullable<ContainerStatus['state']>;

/** The status of a container that has not run yet; `known`: of its last run, when the pod is older than this cluster's process. */
export function newContainerStatus(
  { name, image = '' }: Container,
  known: ContainerStatus | undefined,
): ContainerStatus {
  const waiting: State = { waiting: { reason: 'ContainerCreating' } };
  const fresh = {
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: waiting,
    lastState: {},
  };
  if (known === undefined) return fresh;
  const { state = {}, lastState = {}, restartCount = 0, containerID } = known;
  const base = { ...fresh, imageID: known.imageID, restartCount, ...(containerID && { containerID }) };
  if (state.terminated) return { ...base, state, lastState };
  if (!state.running) return { ...base, lastState };
  return { ...base, state: { terminated: lost(state.running.startedAt, containerID) }, lastState };
}

/** The end of a container that nobody saw. */
function lost(startedAt: unknown, containerID: string | undefined): NonNullable<State['terminated']> {
  const message = 'The container could not be located when the pod was restarted';
  const finishedAt = formatTime(new Date());
  const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt, finishedAt, containerID };
  return terminated as unknown as NonNullable<State['terminated']>;
}

export function runningState(startedAt: Date): State {
  return { running: { startedAt: formatTime(startedAt) } };
}

export interface Ended {
  end: ProcessEnd;
  startedAt: Date;
  containerID: string;
  /** What the container wrote into its termination message, or the end of its log. */
  message?: string;
  isOutOfMemory: boolean;
}

export function terminatedState({ end, startedAt, containerID, message, isOutOfMemory }: Ended): State {
  const reason = isOutOfMemory ? 'OOMKilled' : end.exitCode === 0 ? 'Completed' : 'Error';
  const terminated = {
    exitCode: end.exitCode,
    reason,
    ...(message && { message }),
    startedAt: formatTime(startedAt),
    finishedAt: formatTime(end.finishedAt),
    containerID,
  };
  return { terminated };
}
