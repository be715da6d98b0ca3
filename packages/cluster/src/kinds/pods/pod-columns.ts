/** What `kubectl get pods` shows (`pkg/printers/internalversion`, printPod). */
import { ageSince, type TableColumn } from '@longshore/apiserver';
import type { ContainerStatus, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import { age, column, orNone, wide } from '../columns.js';
import type { Pod } from './pod.js';

export const podColumns: TableColumn<Pod>[] = [
  column('Ready', ({ spec, status = {} }) => {
    const sidecars = (spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
    const started = (status.initContainerStatuses ?? []).filter(({ name }) => sidecars.includes(name));
    const ready = [...started, ...(status.containerStatuses ?? [])].filter((one) => one.ready && one.state?.running);
    return `${ready.length}/${spec.containers.length + sidecars.length}`;
  }),
  column('Status', ({ metadata, spec, status = {} }) =>
    statusText(spec, status, metadata.deletionTimestamp !== undefined),
  ),
  column('Restarts', ({ status = {} }, now) => restartsText(status, now)),
  age,
  wide('IP', ({ status }) => orNone(status?.podIP)),
  wide('Node', ({ spec }) => orNone(spec.nodeName)),
  wide('Nominated Node', ({ status }) => orNone(status?.nominatedNodeName)),
  wide('Readiness Gates', ({ spec, status }) => {
    const gates = spec.readinessGates ?? [];
    if (gates.length === 0) return '<none>';
    const isTrue = (type: string) => status?.conditions?.some((one) => one.type === type && one.status === 'True');
    return `${gates.filter(({ conditionType }) => isTrue(conditionType)).length}/${gates.length}`;
  }),
];

const isSidecar = ({ restartPolicy }: { restartPolicy?: string }) => restartPolicy === 'Always';

function restartsText({ containerStatuses = [], initContainerStatuses = [] }: PodStatus, now: Date): string {
  const isInitializing =
    containerStatuses.every(({ restartCount }) => !restartCount) && initContainerStatuses.length > 0;
  const statuses = isInitializing ? initContainerStatuses : containerStatuses;
  const count = statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const last = statuses
    .map(({ lastState }) => lastState?.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return count > 0 && last !== undefined ? `${count} (${ageSince(last, now)} ago)` : String(count);
}

/** `Running`, `Init:0/2`, `CrashLoopBackOff`, `Terminating`... */
export function statusText(spec: PodSpec, status: PodStatus, isDeleted: boolean): string {
  let text = status.reason || status.phase || '';
  const gated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  if (gated) text = 'SchedulingGated';
  const init = initText(spec, status);
  if (init !== undefined) text = init;
  else text = containersText(status, text);
  if (!isDeleted) return text;
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? text : 'Terminating';
}

function initText(spec: PodSpec, { initContainerStatuses = [] }: PodStatus): string | undefined {
  const containers = spec.initContainers ?? [];
  for (const [at, one] of initContainerStatuses.entries()) {
    const { terminated, waiting } = one.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (isSidecar(containers[at] ?? {}) && one.started) continue;
    if (terminated) return `Init:${endText(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${at}/${containers.length}`;
  }
  return undefined;
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function endText({ reason, signal, exitCode }: Terminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function containersText({ containerStatuses = [], conditions = [] }: PodStatus, otherwise: string): string {
  let text = otherwise;
  let isRunning = false;
  for (const { state = {}, ready } of [...containerStatuses].reverse()) {
    if (state.waiting?.reason) text = state.waiting.reason;
    else if (state.terminated) text = endText(state.terminated);
    else if (ready && state.running) isRunning = true;
  }
  if (text === 'Completed' && isRunning) {
    const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    return isReady ? 'Running' : 'NotReady';
  }
  return text;
}
