import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { formatTime, hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { CronJobSpec, CronJobStatus } from 'kubernetes-types/batch/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { dueTime, outOfLimits } from './cron-plan.js';
import { JOBS, type Job } from './job-controller.js';
import { writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, controllerReference } from './pod-template.js';

type CronJob = KubeObject & { spec: CronJobSpec & { timeZone?: string }; status?: CronJobStatus };

const CRON_JOBS = 'cronjobs.batch';
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Makes jobs at the times of a schedule (Kubernetes' `cronjob_controllerv2.go`). */
export function cronJobController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'cron-jobs',
    follows: { [CRON_JOBS]: (cron) => [objectKey(cron)], [JOBS]: controllerKeys('CronJob') },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const cron = await objects.get<CronJob>(CRON_JOBS, namespace, name);
      if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return;
      const jobs = controlledBy(cron, (await objects.list<Job>(JOBS, namespace)).items);
      await clearHistory(cron, jobs, objects);
      const { due, next, tooMany } = whatIsDue(cron);
      if (tooMany) {
        const message =
          'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        await events.tell(cron, { type: 'Warning', reason: 'TooManyMissedTimes', message });
      }
      const made = due === undefined || cron.spec.suspend ? undefined : await start(cron, jobs, due, objects);
      await settleStatus(cron, made === undefined ? jobs : [...jobs, made], made && due, objects);
      return next === undefined || cron.spec.suspend ? undefined : { after: Math.max(next - now(), 0) };
    },
  };

  function whatIsDue({ metadata, spec, status }: CronJob) {
    const since = status?.lastScheduleTime ?? metadata.creationTimestamp ?? '';
    return dueTime(spec, Date.parse(since), now());
  }

  /** Undefined when another that still runs is in the way. */
  async function start(
    cron: CronJob,
    jobs: readonly Job[],
    due: number,
    objects: ObjectAccess,
  ): Promise<Job | undefined> {
    const running = jobs.filter((job) => endOf(job) === undefined);
    if (cron.spec.concurrencyPolicy === 'Forbid' && running.length > 0) {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      await events.tell(cron, { type: 'Normal', reason: 'JobAlreadyActive', message });
      return undefined;
    }
    if (cron.spec.concurrencyPolicy === 'Replace') for (const job of running) await removeJob(cron, job, objects);
    const { metadata, spec } = cron.spec.jobTemplate as { metadata?: KubeObject['metadata']; spec: Job['spec'] };
    const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`;
    const job: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: cron.metadata.namespace,
        labels: metadata?.labels,
        annotations: { ...metadata?.annotations, [SCHEDULED]: formatTime(new Date(due)) },
        ownerReferences: [controllerReference(cron)],
      },
      spec,
    };
    try {
      const made = await objects.create<Job>(JOBS, job);
      await events.tell(cron, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${name}` });
      return made;
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) return objects.get<Job>(JOBS, cron.metadata.namespace ?? '', name);
      throw error;
    }
  }

  async function clearHistory(cron: CronJob, jobs: readonly Job[], objects: ObjectAccess): Promise<void> {
    const names = (end: string) =>
      [...jobs]
        .filter((job) => endOf(job) === end)
        .sort((a, b) => startOf(a) - startOf(b))
        .map(({ metadata }) => metadata.name ?? '');
    const past = new Set(outOfLimits(cron.spec, { succeeded: names('Complete'), failed: names('Failed') }));
    for (const job of jobs) if (past.has(job.metadata.name ?? '')) await removeJob(cron, job, objects);
  }

  /** With its pods, which deletion alone would leave. */
  async function removeJob(cron: CronJob, job: Job, objects: ObjectAccess): Promise<void> {
    const { namespace = '', name = '' } = job.metadata;
    const ignoreMissing = (error: unknown) => {
      if (!hasReason(error, 'NotFound')) throw error;
    };
    for (const pod of controlledBy(job, (await objects.list<Pod>('pods', namespace)).items)) {
      await objects.delete('pods', namespace, pod.metadata.name ?? '').catch(ignoreMissing);
    }
    await objects.delete(JOBS, namespace, name).catch(ignoreMissing);
    await events.tell(cron, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` });
  }
}

async function settleStatus(
  cron: CronJob,
  jobs: readonly Job[],
  due: number | undefined,
  objects: ObjectAccess,
): Promise<void> {
  const active = jobs.filter((job) => endOf(job) === undefined && job.metadata.deletionTimestamp === undefined);
  const successes = jobs.flatMap(({ status }) => (status?.completionTime ? [status.completionTime] : []));
  const lastSuccess = [...successes, cron.status?.lastSuccessfulTime as unknown as string]
    .filter(Boolean)
    .sort()
    .at(-1);
  const lastSchedule = due === undefined ? cron.status?.lastScheduleTime : formatTime(new Date(due));
  const status = {
    ...(active.length > 0 && {
      active: active.map(({ metadata: { name, namespace, uid, resourceVersion } }) => {
        return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion };
      }),
    }),
    ...(lastSchedule !== undefined && { lastScheduleTime: lastSchedule }),
    ...(lastSuccess !== undefined && { lastSuccessfulTime: lastSuccess }),
  };
  await writeStatus<CronJob>(objects, CRON_JOBS, cron, status);
}

function endOf({ status }: Job): string | undefined {
  const isEnd = (type: string) => type === 'Complete' || type === 'Failed';
  return status?.conditions?.find(({ type, status: holds }) => isEnd(type) && holds === 'True')?.type;
}

function startOf({ status, metadata }: Job): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp ?? '');
}
