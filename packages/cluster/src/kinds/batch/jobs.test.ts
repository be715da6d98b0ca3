import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KindServer } from '../testing/kind-server.js';
import { scheduleProblem } from './cron-schedule.js';

let kinds: KindServer;
beforeAll(async () => {
  kinds = await KindServer.start();
});
afterAll(() => kinds.stop());

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'app:1' }] } };
const job = (spec: object = {}) => ({ kind: 'Job', spec: { template, ...spec } });
const cron = (spec: object = {}) => ({
  kind: 'CronJob',
  spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template } }, ...spec },
});

interface JobFields extends KubeObject {
  spec: Record<string, unknown> & { selector: { matchLabels: object }; template: { metadata: { labels: object } } };
}

describe('jobs', () => {
  it('get defaults, and a selector that is theirs alone', async () => {
    const { metadata, spec, status } = await kinds.create<JobFields>(job());
    const { name, uid } = metadata;
    expect(spec).toMatchObject({
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'TerminatingOrFailed',
      suspend: false,
    });
    expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
    expect(spec.template.metadata.labels).toEqual({
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    });
    expect(status).toEqual({});
  });

  it.each<[object, string[]]>([
    [
      { template: { spec: { ...template.spec, restartPolicy: 'Always' } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      { completionMode: 'Indexed', parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [{ backoffLimit: -1 }, ['spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0']],
  ])('%j', async (spec, expected) => {
    expect(await kinds.problems(job(spec))).toEqual(expected);
  });

  it('keep their template and completions', async () => {
    const problems = await kinds.changeProblems(job(), ({ spec }: JobFields) => {
      spec.completions = 2;
    });
    expect(problems).toEqual(['spec.completions: Invalid value: 2: field is immutable']);
  });
});

describe('cron jobs', () => {
  it('get defaults', async () => {
    expect((await kinds.create<JobFields>(cron())).spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
      jobTemplate: { spec: { completions: 1, parallelism: 1 } },
    });
  });

  it.each<[object, string[]]>([
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [{ schedule: '* *' }, ['spec.schedule: Invalid value: "* *": expected exactly 5 fields, found 2: [* *]']],
    [
      { schedule: 'TZ=UTC 0 * * * *' },
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [{ timeZone: 'Nowhere/Land' }, ['spec.timeZone: Invalid value: "Nowhere/Land": unknown time zone Nowhere/Land']],
    [
      { concurrencyPolicy: 'Maybe' },
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
  ])('%j', async (spec, expected) => {
    expect(await kinds.problems(cron(spec))).toEqual(expected);
  });

  it('have names that leave room for those of their jobs', async () => {
    const name = 'a'.repeat(53);
    expect(await kinds.problems({ ...cron(), metadata: { name } })).toEqual([
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ]);
  });
});

describe('schedules', () => {
  it.each(['* * * * *', '0-30/5 1,2 1 jan-mar mon', '@daily', '@every 1h30m', '*/15 * * * ?'])(
    '%s is one',
    (schedule) => {
      expect(scheduleProblem(schedule)).toBeUndefined();
    },
  );
  it.each([
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
  ])('%s is none', (schedule, problem) => {
    expect(scheduleProblem(schedule)).toBe(problem);
  });
});
