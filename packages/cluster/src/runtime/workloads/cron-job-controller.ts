import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { ApiError, hasReason, objectKey } from '@longshore/kube';
import type { ObjectReference } from 'kubernetes-types/core/v1.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { cronJobStatus, jobReference, pastJobs, reviewJobs, scheduledJob, type CronJob } from './cron-job-review.js';
import { dueTime } from './cron-plan.js';
import { deleteJob } from './job-deletion.js';
import { endOfJob, JOBS, type Job } from './job.js';
import { writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys } from './pod-template.js';

const CRON_JOBS = 'cronjobs.batch';

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
      return new CronJobTurn(cron, jobs, objects, events).take(now());
    },
  };
}

/** One look at a cron job and its jobs. */
class CronJobTurn {
  constructor(
    private readonly cron: CronJob,
    private readonly jobs: readonly Job[],
    private readonly objects: ObjectAccess,
    private readonly events: EventRecorder,
  ) {}

  async take(now: number): Promise<{ after: number } | undefined> {
    const { cron, jobs } = this;
    const review = reviewJobs(cron, jobs);
    for (const happening of review.told) await this.events.tell(cron, happening);
    for (const job of pastJobs(cron, jobs)) await this.remove(job);
    const { due, next } = await this.whatIsDue(now);
    // What was seen of other jobs is written also when no new one can be made.
    let failure: Error | undefined;
    const starting = due === undefined ? undefined : this.start(due, review.active);
    const active = await starting?.catch((error: Error) => {
      failure = error;
      return undefined;
    });
    const status = cronJobStatus(cron, review, due, active);
    await writeStatus<CronJob>(this.objects, CRON_JOBS, cron, status);
    if (failure !== undefined) throw failure;
    return next === undefined ? undefined : { after: Math.max(next - now, 0) };
  }

  private async whatIsDue(now: number): Promise<{ due?: number; next?: number }> {
    const { metadata, spec, status } = this.cron;
    if (spec.suspend) return {};
    const since = status?.lastScheduleTime ?? metadata.creationTimestamp ?? '';
    const { tooMany, ...times } = dueTime(spec, Date.parse(since), now);
    if (tooMany) {
      const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      await this.events.tell(this.cron, { type: 'Warning', reason: 'TooManyMissedTimes', message });
    }
    return times;
  }

  /** Resolves with what is active then; undefined when a job that still runs is in the way, or one of others has the name. */
  private async start(due: number, active: ObjectReference[]): Promise<ObjectReference[] | undefined> {
    const { concurrencyPolicy } = this.cron.spec;
    const wanted = scheduledJob(this.cron, due);
    if (active.some(({ name }) => name === wanted.metadata.name)) return active;
    if (concurrencyPolicy === 'Forbid' && active.length > 0) {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      await this.events.tell(this.cron, { type: 'Normal', reason: 'JobAlreadyActive', message });
      return undefined;
    }
    const isReplaced = ({ metadata }: Job) => active.some(({ uid }) => uid === metadata.uid);
    if (concurrencyPolicy === 'Replace') for (const job of this.jobs.filter(isReplaced)) await this.remove(job);
    const job = await this.make(wanted);
    if (job === undefined) return undefined;
    const others = concurrencyPolicy === 'Replace' ? [] : active.filter(({ uid }) => uid !== job.metadata.uid);
    return endOfJob(job) === undefined ? [...others, jobReference(job)] : others;
  }

  /** Also the job of a try that did not come to its end; not one that somebody else made under that name. */
  private async make(job: Job): Promise<Job | undefined> {
    const { namespace = '', name = '' } = job.metadata;
    try {
      const made = await this.objects.create<Job>(JOBS, job);
      await this.events.tell(this.cron, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${name}` });
      return made;
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) {
        const known = await this.objects.get<Job>(JOBS, namespace, name);
        return known && controlledBy(this.cron, [known])[0];
      }
      if (error instanceof ApiError) {
        const message = `Error creating job: ${error.message}`;
        await this.events.tell(this.cron, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  private async remove(job: Job): Promise<void> {
    await deleteJob(job, this.objects);
    const message = `Deleted job ${job.metadata.name}`;
    await this.events.tell(this.cron, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }
}
