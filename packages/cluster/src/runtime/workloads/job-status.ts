import { formatTime } from '@longshore/kube';
import type { JobCondition, JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { isEnd, type Job } from './job.js';
import { countReady, type JobCount, type JobPlan } from './job-plan.js';

/** When a job began, as its status says; undefined while it is suspended. */
export function startOfJob({ spec, status = {} }: Job, now: number): string | undefined {
  if (spec.suspend) return undefined;
  return status.startTime ?? formatTime(new Date(now));
}

/** The status of a job with its pods counted. `active`: how many have not ended. */
export function countedStatus(
  { status = {} }: Job,
  { succeeded, failed, uncounted }: JobCount,
  pods: readonly Pod[],
  active: number,
): JobStatus {
  return {
    ...status,
    active: active > 0 ? active : undefined,
    ready: countReady(pods),
    succeeded: succeeded || undefined,
    failed: failed || undefined,
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length > 0 && { failed: uncounted.failed }),
    },
  };
}

/** What the status of a job says beside its counts once its plan has been carried out. */
export function plannedStatus(
  job: Job,
  plan: JobPlan,
  now: number,
): Pick<JobStatus, 'startTime' | 'completionTime' | 'conditions'> {
  const { spec, status = {} } = job;
  return {
    startTime: startOfJob(job, now),
    completionTime: plan.end?.type === 'Complete' ? formatTime(new Date(now)) : status.completionTime,
    conditions: [...withSuspension(status, spec, now), ...endConditions(plan, now)],
  };
}

function withSuspension({ conditions = [] }: JobStatus, { suspend = false }: JobSpec, now: number): JobCondition[] {
  const known = conditions.find(({ type }) => type === 'Suspended');
  const others = conditions.filter(({ type }) => type !== 'Suspended' && !isEnd(type));
  if (known === undefined && !suspend) return others;
  if ((known?.status === 'True') === suspend && known !== undefined) return [...others, known];
  const word = suspend ? 'Suspended' : 'Resumed';
  return [...others, condition('Suspended', suspend, `Job${word}`, `Job ${word.toLowerCase()}`, now)];
}

function endConditions({ end }: JobPlan, now: number): JobCondition[] {
  if (end === undefined) return [];
  const before = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  return [before, end.type].map((type) => condition(type, true, end.reason, end.message, now));
}

function condition(type: string, holds: boolean, reason: string, message: string, now: number): JobCondition {
  const time = formatTime(new Date(now));
  const status = holds ? 'True' : 'False';
  return { type, status, reason, message, lastProbeTime: time, lastTransitionTime: time };
}
