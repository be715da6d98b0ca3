import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { objectKey } from '@longshore/kube';
import type { JobCondition } from 'kubernetes-types/batch/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { deleteJob } from './job-deletion.js';
import { countPods, lastFailure, planJob, TRACKING, untilNextLook, untilRetry, type JobPlan } from './job-plan.js';
import { countedStatus, plannedStatus, startOfJob } from './job-status.js';
import { endOfJob, JOBS, type Job } from './job.js';
import { ignoreMissing, PodControl, writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, isActive, podFromTemplate } from './pod-template.js';

/** Runs pods until enough of them have succeeded. */
export function jobController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'jobs',
    follows: { [JOBS]: (job) => [objectKey(job)], pods: controllerKeys('Job') },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const job = await objects.get<Job>(JOBS, namespace, name);
      const pods = (await objects.list<Pod>('pods', namespace)).items;
      if (job === undefined) return releaseOrphans(pods, name, objects);
      return new JobTurn(job, controlledBy(job, pods), objects, events).take(now());
    },
  };
}

/** One look at a job and its pods. */
class JobTurn {
  constructor(
    private readonly job: Job,
    private readonly pods: readonly Pod[],
    private readonly objects: ObjectAccess,
    private readonly events: EventRecorder,
  ) {}

  async take(now: number): Promise<{ after: number } | undefined> {
    const end = endOfJob(this.job);
    const isDeleted = this.job.metadata.deletionTimestamp !== undefined;
    if (end === undefined && !isDeleted) return this.advance(now);
    await this.count();
    return end === undefined || isDeleted ? undefined : this.expire(end, now);
  }

  private async advance(now: number): Promise<{ after: number } | undefined> {
    const { job, pods } = this;
    const counted = countPods(job.status ?? {}, pods);
    const startTime = startOfJob(job, now);
    const startedMs = startTime === undefined ? undefined : Date.parse(startTime);
    const plan = planJob(job.spec, counted, pods, startedMs, now);
    const failed = counted.failed + counted.uncounted.failed.length;
    const wait = plan.create > 0 ? untilRetry(failed, lastFailure(pods), now) : 0;
    const created = wait === 0 ? plan.create : 0;
    await this.changePods(plan.remove, created);
    const active = pods.filter(isActive).length + created - plan.remove.length;
    const planned = plannedStatus(job, plan, now);
    await this.writeStatus({ ...countedStatus(job, counted, pods, active), ...planned });
    await release(counted.release, this.objects);
    if (plan.end === undefined) await this.tellSuspension(planned.conditions);
    else await this.tellEnd(plan.end);
    const after = plan.end === undefined ? untilNextLook(job.spec, startedMs, wait, now) : undefined;
    return after === undefined ? undefined : { after };
  }

  private async changePods(remove: readonly Pod[], create: number): Promise<void> {
    const { job } = this;
    const control = new PodControl(this.objects, this.events);
    for (const pod of remove) await control.remove(job, pod);
    for (let made = 0; made < create; made++) {
      await control.create(job, podFromTemplate(job, job.spec.template, { finalizers: [TRACKING] }));
    }
  }

  /** Of a job that has ended or is being deleted: pods still come to their end. */
  private async count(): Promise<void> {
    const counted = countPods(this.job.status ?? {}, this.pods);
    await this.writeStatus(countedStatus(this.job, counted, this.pods, this.pods.filter(isActive).length));
    await release(counted.release, this.objects);
  }

  /** Deletes an ended job when its time is over. */
  private async expire(end: JobCondition, now: number): Promise<{ after: number } | undefined> {
    const { ttlSecondsAfterFinished: ttl } = this.job.spec;
    if (ttl === undefined) return undefined;
    const left = Date.parse(end.lastTransitionTime as unknown as string) + ttl * 1000 - now;
    if (left > 0) return { after: left };
    await deleteJob(this.job, this.objects);
    return undefined;
  }

  /** When it begins or ceases to be suspended: then its condition is another one than before. */
  private async tellSuspension(conditions: readonly JobCondition[] = []): Promise<void> {
    const known = this.job.status?.conditions ?? [];
    const change = conditions.find((condition) => condition.type === 'Suspended' && !known.includes(condition));
    if (change === undefined) return;
    const reason = change.status === 'True' ? 'Suspended' : 'Resumed';
    await this.events.tell(this.job, { type: 'Normal', reason, message: `Job ${reason.toLowerCase()}` });
  }

  private async tellEnd(end: NonNullable<JobPlan['end']>): Promise<void> {
    const told =
      end.type === 'Complete'
        ? ({ type: 'Normal', reason: 'Completed', message: 'Job completed' } as const)
        : ({ type: 'Warning', reason: end.reason, message: end.message } as const);
    await this.events.tell(this.job, told);
  }

  private writeStatus(status: Job['status']): Promise<void> {
    return writeStatus<Job>(this.objects, JOBS, this.job, status);
  }
}

/** Which controller keeps pods that a job no longer needs. */
async function releaseOrphans(pods: readonly Pod[], job: string, objects: ObjectAccess): Promise<void> {
  const isOrphan = ({ metadata }: Pod) =>
    metadata.ownerReferences?.some(({ kind, name }) => kind === 'Job' && name === job);
  await release(pods.filter(isOrphan), objects);
}

/** Pods that are counted need not be kept. */
async function release(pods: readonly Pod[], objects: ObjectAccess): Promise<void> {
  for (const { metadata } of pods) {
    const { namespace = '', name = '', finalizers = [] } = metadata;
    if (!finalizers.includes(TRACKING)) continue;
    await objects
      .change<Pod>('pods', namespace, name, '', (pod) => {
        const kept = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
        return { ...pod, metadata: { ...pod.metadata, finalizers: kept } };
      })
      .catch(ignoreMissing);
  }
}
