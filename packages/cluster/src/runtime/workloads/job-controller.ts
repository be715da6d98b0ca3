import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { formatTime, hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { JobCondition, JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { countPods, countReady, planJob, TRACKING, untilRetry, type JobCount, type JobPlan } from './job-plan.js';
import { PodControl, writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, isActive, podFromTemplate } from './pod-template.js';

export type Job = KubeObject & { spec: JobSpec; status?: JobStatus };

export const JOBS = 'jobs.batch';

/** Runs pods until enough of them have succeeded. */
export function jobController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'jobs',
    follows: { [JOBS]: (job) => [objectKey(job)], pods: controllerKeys('Job') },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const job = await objects.get<Job>(JOBS, namespace, name);
      const all = (await objects.list<Pod>('pods', namespace)).items;
      if (job === undefined) return releaseOrphans(all, name, objects);
      const pods = controlledBy(job, all);
      const end = job.status?.conditions?.find(({ type, status }) => isEnd(type) && status === 'True');
      if (end !== undefined) {
        await count(job, pods, objects);
        return expire(job, end, objects);
      }
      if (job.metadata.deletionTimestamp !== undefined) return void (await count(job, pods, objects));
      return advance(job, pods, objects);
    },
  };

  async function advance(
    job: Job,
    pods: readonly Pod[],
    objects: ObjectAccess,
  ): Promise<{ after: number } | undefined> {
    const { spec, status = {} } = job;
    const time = now();
    const counted = countPods(status, pods);
    const startTime = spec.suspend
      ? undefined
      : ((status.startTime as unknown as string) ?? formatTime(new Date(time)));
    const startedMs = startTime === undefined ? undefined : Date.parse(startTime);
    const plan = planJob(spec, counted, pods, startedMs, time);
    const control = new PodControl(objects, events);
    for (const pod of plan.remove) await control.remove(job, pod);
    const failed = counted.failed + counted.uncounted.failed.length;
    const wait = plan.create > 0 ? untilRetry(failed, lastFailure(pods), time) : 0;
    let created = 0;
    for (; wait === 0 && created < plan.create; created++) {
      await control.create(job, podFromTemplate(job, spec.template, { finalizers: [TRACKING] }));
    }
    const active = pods.filter(isActive).length + created - plan.remove.length;
    await writeStatus<Job>(objects, JOBS, job, {
      ...countedStatus(status, counted),
      active: active > 0 ? active : undefined,
      ready: countReady(pods),
      startTime: startTime,
      ...endOf(status, plan, time),
      conditions: [...withSuspension(status, spec, time), ...endConditions(plan, time)],
    });
    await release(counted, objects);
    await tellEnd(job, plan);
    const deadline = startedMs !== undefined && spec.activeDeadlineSeconds !== undefined && plan.end === undefined;
    const left = deadline ? startedMs + (spec.activeDeadlineSeconds ?? 0) * 1000 - time : Infinity;
    const after = Math.min(wait > 0 ? wait : Infinity, left);
    return Number.isFinite(after) ? { after: Math.max(after, 0) } : undefined;
  }

  async function tellEnd(job: Job, { end }: JobPlan): Promise<void> {
    if (end === undefined) return;
    const isGood = end.type === 'Complete';
    const message = isGood ? 'Job completed' : end.message;
    await events.tell(job, { type: isGood ? 'Normal' : 'Warning', reason: isGood ? 'Completed' : end.reason, message });
  }

  async function count(job: Job, pods: readonly Pod[], objects: ObjectAccess): Promise<void> {
    const counted = countPods(job.status ?? {}, pods);
    await writeStatus<Job>(objects, JOBS, job, {
      ...countedStatus(job.status ?? {}, counted),
      active: pods.filter(isActive).length || undefined,
      ready: countReady(pods),
    });
    await release(counted, objects);
  }

  /** Deletes an ended job when its time is over. */
  async function expire(job: Job, end: JobCondition, objects: ObjectAccess): Promise<{ after: number } | undefined> {
    const { ttlSecondsAfterFinished: ttl } = job.spec;
    if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
    const left = Date.parse(end.lastTransitionTime as unknown as string) + ttl * 1000 - now();
    if (left > 0) return { after: left };
    // Its pods go with it; the default of jobs leaves them alone.
    const { namespace = '', name = '' } = job.metadata;
    for (const pod of controlledBy(job, (await objects.list<Pod>('pods', namespace)).items)) {
      await objects.delete('pods', namespace, pod.metadata.name ?? '').catch(ignoreMissing);
    }
    await objects.delete(JOBS, namespace, name).catch(ignoreMissing);
    return undefined;
  }
}

/** Which controller keeps pods that a job no longer needs. */
async function releaseOrphans(pods: readonly Pod[], job: string, objects: ObjectAccess): Promise<void> {
  const orphans = pods.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ kind, name }) => kind === 'Job' && name === job),
  );
  for (const pod of orphans) await dropFinalizer(pod, objects);
}

async function release({ release: pods }: JobCount, objects: ObjectAccess): Promise<void> {
  for (const pod of pods) await dropFinalizer(pod, objects);
}

async function dropFinalizer(
  { metadata: { namespace = '', name = '', finalizers = [] } }: Pod,
  objects: ObjectAccess,
): Promise<void> {
  if (!finalizers.includes(TRACKING)) return;
  await objects
    .change<Pod>('pods', namespace, name, '', (pod) => {
      const kept = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
      return { ...pod, metadata: { ...pod.metadata, finalizers: kept } };
    })
    .catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}

function countedStatus(status: JobStatus, { succeeded, failed, uncounted }: JobCount): JobStatus {
  return {
    ...status,
    succeeded: succeeded || undefined,
    failed: failed || undefined,
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length > 0 && { failed: uncounted.failed }),
    },
  };
}

const isEnd = (type: string) => type === 'Complete' || type === 'Failed';

function condition(type: string, holds: boolean, reason: string, message: string, now: number): JobCondition {
  const time = formatTime(new Date(now));
  const made = {
    type,
    status: holds ? 'True' : 'False',
    reason,
    message,
    lastProbeTime: time,
    lastTransitionTime: time,
  };
  return made;
}

function endConditions({ end }: JobPlan, now: number): JobCondition[] {
  if (end === undefined) return [];
  const before = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  return [before, end.type].map((type) => condition(type, true, end.reason, end.message, now));
}

function endOf(status: JobStatus, { end }: JobPlan, now: number): Pick<JobStatus, 'completionTime'> {
  const time = formatTime(new Date(now)) as unknown as JobStatus['completionTime'];
  return { completionTime: end?.type === 'Complete' ? time : status.completionTime };
}

function withSuspension({ conditions = [] }: JobStatus, { suspend = false }: JobSpec, now: number): JobCondition[] {
  const known = conditions.find(({ type }) => type === 'Suspended');
  const others = conditions.filter(({ type }) => type !== 'Suspended' && !isEnd(type));
  if (known === undefined && !suspend) return others;
  if ((known?.status === 'True') === suspend && known !== undefined) return [...others, known];
  const word = suspend ? 'Suspended' : 'Resumed';
  return [...others, condition('Suspended', suspend, `Job${word}`, `Job ${word.toLowerCase()}`, now)];
}

function lastFailure(pods: readonly Pod[]): number | undefined {
  const times = pods
    .filter(({ status }) => status?.phase === 'Failed')
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .map(({ state }) => Date.parse((state?.terminated?.finishedAt as unknown as string) ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
