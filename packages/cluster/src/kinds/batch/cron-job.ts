import { ageSince, invalidValue, requiredValue, s } from '@longshore/apiserver';
import type { KubeObject, StatusCause } from '@longshore/kube';
import type { CronJobSpec, CronJobStatus } from 'kubernetes-types/batch/v1.js';
import { age, column, wide } from '../columns.js';
import { objectReference } from '../core/references.js';
import { defineKind } from '../kind.js';
import { scheduleProblem } from './cron-schedule.js';
import { checkJobSpec, setJobSpecDefaults } from './job.js';
import { BATCH, jobTemplateSpec } from './job-schema.js';

type CronJob = KubeObject & { spec: CronJobSpec; status?: CronJobStatus };

/** Names of jobs add eleven characters, and may have 63. */
const MAX_NAME = 52;

function validate({ metadata, spec }: CronJob): StatusCause[] {
  const causes: StatusCause[] = [];
  const { schedule, timeZone, jobTemplate } = spec;
  if ((metadata.name ?? '').length > MAX_NAME) {
    causes.push(invalidValue('metadata.name', metadata.name, `must be no more than ${MAX_NAME} characters`));
  }
  if (schedule) {
    if (/TZ/.test(schedule)) {
      causes.push(
        invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
      );
    } else {
      const problem = scheduleProblem(schedule);
      if (problem !== undefined) causes.push(invalidValue('spec.schedule', schedule, problem));
    }
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    causes.push(
      invalidValue(
        'spec.timeZone',
        timeZone,
        timeZone === '' ? 'timeZone must be nil or non-empty string' : `unknown time zone ${timeZone}`,
      ),
    );
  }
  if (jobTemplate?.spec) causes.push(...checkJobSpec(jobTemplate.spec, 'spec.jobTemplate.spec'));
  else causes.push(requiredValue('spec.jobTemplate.spec.template.spec.containers'));
  return causes;
}

function isTimeZone(name: string): boolean {
  if (name === '' || name.toLowerCase() === 'local') return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

const containersOf = ({ spec }: CronJob) => spec.jobTemplate.spec?.template.spec?.containers ?? [];

export const cronJobs = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  description: 'Jobs at certain times.',
  fields: {
    spec: s
      .shared(`${BATCH}.CronJobSpec`, 'What should run, and when.', {
        concurrencyPolicy: s
          .string('Allow (default), Forbid or Replace: what a job does that still runs.')
          .default('Allow')
          .values('Allow', 'Forbid', 'Replace'),
        failedJobsHistoryLimit: s.int32('How many failed jobs are kept.').default(1).atLeast(0),
        jobTemplate: jobTemplateSpec.describe('What the jobs are made from.'),
        schedule: s.string('Minute, hour, day, month and day of the week.').required(),
        startingDeadlineSeconds: s.int64('Seconds that a job may be late.').atLeast(0),
        successfulJobsHistoryLimit: s.int32('How many succeeded jobs are kept.').default(3).atLeast(0),
        suspend: s.boolean('Whether no jobs are made.').default(false),
        timeZone: s.string('Time zone of the schedule; default: that of the cluster.'),
      })
      .describe('What should run, and when.')
      .required(),
    status: s.shared(`${BATCH}.CronJobStatus`, 'What has run.', {
      active: s.listOf(objectReference, 'Jobs that run.').atomic(),
      lastScheduleTime: s.time('When a job was made last.'),
      lastSuccessfulTime: s.time('When a job succeeded last.'),
    }),
  },
  columns: [
    column('Schedule', ({ spec }) => spec.schedule),
    column('Timezone', ({ spec }) => spec.timeZone ?? '<none>'),
    column('Suspend', ({ spec }) => (spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False')),
    column('Active', ({ status }) => status?.active?.length ?? 0, 'integer'),
    column('Last Schedule', ({ status }, now) => {
      const last = status?.lastScheduleTime;
      return last === undefined ? '<none>' : ageSince(last, now);
    }),
    age,
    wide('Containers', (job) =>
      containersOf(job)
        .map(({ name }) => name)
        .join(','),
    ),
    wide('Images', (job) =>
      containersOf(job)
        .map(({ image = '' }) => image)
        .join(','),
    ),
    wide('Selector', () => '<none>'),
  ],
  stored: {
    setDefaults: ({ spec }) => spec?.jobTemplate?.spec && setJobSpecDefaults(spec.jobTemplate.spec),
    validate,
  },
});
