import { formatTime, type KubeObject } from '@longshore/kube';
import type { CronJobSpec, CronJobStatus } from 'kubernetes-types/batch/v1.js';
import type { ObjectReference } from 'kubernetes-types/core/v1.js';
import type { Happening } from '../agent/event-recorder.js';
import { outOfLimits } from './cron-plan.js';
import { endOfJob, type Job } from './job.js';
import { controllerReference } from './pod-template.js';

export type CronJob = KubeObject & { spec: CronJobSpec & { timeZone?: string }; status?: CronJobStatus };

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** What the jobs of a cron job say about it. */
export interface CronJobReview {
  /** Those that were made on schedule and have not ended. */
  active: ObjectReference[];
  lastSuccessfulTime?: string;
  told: Happening[];
}

/**
 * Looks at the jobs that a cron job controls (`syncCronJob`). Active are only those that its status says were made on
 * schedule: one that somebody made from it by hand (`kubectl create job --from`, annotated
 * `cronjob.kubernetes.io/instantiate: manual`) is neither active nor in the way of others.
 */
export function reviewJobs({ status = {} }: CronJob, jobs: readonly Job[]): CronJobReview {
  const { active = [] } = status;
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const listed = new Set(active.map(({ uid }) => uid));
  const isRunning = (job: Job | undefined) => job !== undefined && endOfJob(job) === undefined;
  const unexpected = jobs.filter((job) => isRunning(job) && !isLeaving(job) && !listed.has(job.metadata.uid));
  const over = active.filter(({ uid }) => !isRunning(byUid.get(uid)));
  const last = lastSuccess(status, jobs);
  return {
    active: active.filter(({ uid }) => isRunning(byUid.get(uid))),
    ...(last !== undefined && { lastSuccessfulTime: last }),
    told: [
      ...unexpected.map(({ metadata }) =>
        warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${metadata.name}`),
      ),
      ...over.map(({ uid, name = '' }) => whyOver(name, byUid.get(uid))),
    ],
  };
}

const isLeaving = ({ metadata }: Job) => metadata.deletionTimestamp !== undefined;

function whyOver(name: string, job: Job | undefined): Happening {
  if (job === undefined) return normal('MissingJob', `Active job went missing: ${name}`);
  return normal('SawCompletedJob', `Saw completed job: ${name}, condition: ${endOfJob(job)?.type}`);
}

const normal = (reason: string, message: string): Happening => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): Happening => ({ type: 'Warning', reason, message });

function lastSuccess({ lastSuccessfulTime }: CronJobStatus, jobs: readonly Job[]): string | undefined {
  const times = [lastSuccessfulTime, ...jobs.map(({ status }) => status?.completionTime)] as (string | undefined)[];
  return times.filter(Boolean).sort().at(-1);
}

/** Ended jobs that are no longer kept, made by hand or not. */
export function pastJobs({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const names = (end: string) =>
    jobs
      .filter((job) => endOfJob(job)?.type === end && !isLeaving(job))
      .sort((a, b) => startOf(a) - startOf(b))
      .map(({ metadata }) => metadata.name ?? '');
  const past = new Set(outOfLimits(spec, { succeeded: names('Complete'), failed: names('Failed') }));
  return jobs.filter(({ metadata }) => past.has(metadata.name ?? ''));
}

function startOf({ status, metadata }: Job): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp ?? '');
}

/** The job of a time, milliseconds since 1970. One time gives one name, so that no job is made twice. */
export function scheduledJob(cron: CronJob, due: number): Job {
  const { metadata, spec } = cron.spec.jobTemplate as { metadata?: KubeObject['metadata']; spec: Job['spec'] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cron.metadata.name}-${Math.floor(due / 60_000)}`,
      namespace: cron.metadata.namespace,
      labels: metadata?.labels,
      annotations: { ...metadata?.annotations, [SCHEDULED]: formatTime(new Date(due)) },
      ownerReferences: [controllerReference(cron)],
    },
    spec,
  };
}

/** The status after a look at the jobs. `started`: what is active then; undefined when no job of the time `due` was made. */
export function cronJobStatus(
  { status = {} }: CronJob,
  review: CronJobReview,
  due: number | undefined,
  started: ObjectReference[] | undefined,
): CronJobStatus {
  const isServed = due !== undefined && started !== undefined;
  const active = started ?? review.active;
  return {
    ...(active.length > 0 && { active }),
    lastScheduleTime: isServed ? formatTime(new Date(due)) : status.lastScheduleTime,
    lastSuccessfulTime: review.lastSuccessfulTime,
  };
}

/** How a status refers to a job. */
export function jobReference({ metadata: { name, namespace, uid, resourceVersion } }: Job): ObjectReference {
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion };
}
