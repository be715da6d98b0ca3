import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { isReady } from '../agent/pod-status.js';
import { isActive } from './pod-template.js';

/** Keeps a pod that has ended until it is counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** Ended pods of a job, counted once each, however often they are looked at (`trackJobStatusAndRemoveFinalizers`). */
export interface JobCount {
  succeeded: number;
  failed: number;
  /** Counted in the status, while the pods still have their finalizer. */
  uncounted: { succeeded: string[]; failed: string[] };
  /** Pods that may go, once the status with them is written. */
  release: Pod[];
}

/** Counts ended pods: a pod whose finalizer is there is noted by UID, and counted for good once that is gone. */
export function countPods(status: JobStatus, pods: readonly Pod[]): JobCount {
  const held = new Set(pods.filter(isHeld).map(({ metadata }) => metadata.uid ?? ''));
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const done = (uids: readonly string[]) => uids.filter((uid) => !held.has(uid)).length;
  const kept = (uids: readonly string[]) => uids.filter((uid) => held.has(uid));
  const known = new Set([...succeeded, ...failed]);
  const ended = pods.filter((pod) => isHeld(pod) && hasEnded(pod));
  const fresh = (phase: 'Succeeded' | 'Failed') =>
    ended
      .filter((pod) => !known.has(pod.metadata.uid ?? '') && endOf(pod) === phase)
      .map(({ metadata }) => metadata.uid ?? '');
  return {
    succeeded: (status.succeeded ?? 0) + done(succeeded),
    failed: (status.failed ?? 0) + done(failed),
    uncounted: {
      succeeded: [...kept(succeeded), ...fresh('Succeeded')],
      failed: [...kept(failed), ...fresh('Failed')],
    },
    release: ended,
  };
}

const isHeld = ({ metadata }: Pod) => metadata.finalizers?.includes(TRACKING) === true;

/** A pod that is deleted before its end has failed. */
function endOf({ status }: Pod): 'Succeeded' | 'Failed' {
  return status?.phase === 'Succeeded' ? 'Succeeded' : 'Failed';
}

function hasEnded(pod: Pod): boolean {
  const { metadata, status, spec } = pod;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  return metadata.deletionTimestamp !== undefined && (!spec.nodeName || metadata.deletionGracePeriodSeconds === 0);
}

export interface JobPlan {
  create: number;
  remove: Pod[];
  /** How it has ended. */
  end?: { type: 'Complete' | 'Failed'; reason: string; message: string };
}

const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 600_000;

/**
 * What a job does next: how it ends, or which pods come and go (Kubernetes' `job_controller.go`). `startedMs`: when it
 * began; undefined when it has not.
 */
export function planJob(
  spec: JobSpec,
  count: JobCount,
  pods: readonly Pod[],
  startedMs: number | undefined,
  now: number,
): JobPlan {
  const active = pods.filter(isActive);
  const succeeded = count.succeeded + count.uncounted.succeeded.length;
  const failed = count.failed + count.uncounted.failed.length;
  const end = (type: 'Complete' | 'Failed', reason: string, message: string): JobPlan => {
    return { create: 0, remove: active, end: { type, reason, message } };
  };
  const missing = unsupported(spec);
  if (missing !== undefined) {
    return end('Failed', 'Unsupported', `the local runtime does not know ${missing} of jobs`);
  }
  const { completions, parallelism = 1, backoffLimit = 6, activeDeadlineSeconds } = spec;
  if (failed > backoffLimit || isBeyond(spec, active)) {
    return end('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (
    activeDeadlineSeconds !== undefined &&
    startedMs !== undefined &&
    now >= startedMs + activeDeadlineSeconds * 1000
  ) {
    return end('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  // Without a number, one success is enough, once all pods have ended.
  const isDone = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (isDone) return end('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods');
  if (spec.suspend) return { create: 0, remove: active };
  const left = completions === undefined ? parallelism : completions - succeeded;
  const wanted = completions === undefined && succeeded > 0 ? active.length : Math.min(parallelism, left);
  if (active.length > wanted) return { create: 0, remove: active.slice(wanted) };
  return { create: wanted - active.length, remove: [] };
}

/** With OnFailure, containers start again within their pod: their restarts count. */
function isBeyond({ template, backoffLimit = 6 }: JobSpec, active: readonly Pod[]): boolean {
  if (template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function unsupported(spec: JobSpec): string | undefined {
  if (spec.completionMode === 'Indexed') return 'completionMode Indexed';
  return (['podFailurePolicy', 'successPolicy', 'backoffLimitPerIndex'] as const).find((field) => field in spec);
}

/** Milliseconds until the pod after a failed one is made: 10 s, 20 s and so on after the last failure. */
export function untilRetry(failed: number, lastFailureMs: number | undefined, now: number): number {
  if (failed === 0 || lastFailureMs === undefined) return 0;
  const wait = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failed - 1, 30), LONGEST_BACKOFF_MS);
  return Math.max(0, lastFailureMs + wait - now);
}

export function countReady(pods: readonly Pod[]): number {
  return pods.filter((pod) => isActive(pod) && isReady(pod.status)).length;
}

/** When the last pod failed, milliseconds since 1970; undefined when none has. */
export function lastFailure(pods: readonly Pod[]): number | undefined {
  const times = pods
    .filter(({ status }) => status?.phase === 'Failed')
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .map(({ state }) => Date.parse((state?.terminated?.finishedAt as unknown as string) ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Milliseconds until a job that has not ended must be looked at again, by itself; undefined: never. `waitMs`: for the next pod. */
export function untilNextLook(
  { activeDeadlineSeconds: deadline }: JobSpec,
  startedMs: number | undefined,
  waitMs: number,
  now: number,
): number | undefined {
  const left = deadline === undefined || startedMs === undefined ? Infinity : startedMs + deadline * 1000 - now;
  const after = Math.min(waitMs > 0 ? waitMs : Infinity, left);
  return Number.isFinite(after) ? Math.max(after, 0) : undefined;
}
