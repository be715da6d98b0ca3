import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startControlled, type Controlled } from '../testing/controlled.js';
import type { CronJob } from './cron-job-review.js';
import { cronJobController } from './cron-job-controller.js';
import { JOBS, type Job } from './job.js';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
const MINUTE = 60_000;

let test: Controlled;
let cron: CronJob;
beforeAll(async () => {
  test = await startControlled(cronJobController);
});
afterAll(() => test.kinds.stop());

const make = (spec: object = {}) =>
  test.kinds.create<CronJob>({
    kind: 'CronJob',
    spec: { schedule: '* * * * *', timeZone: 'UTC', jobTemplate: { spec: { template } }, ...spec },
  });
/** As `kubectl create job --from` does. */
const makeByHand = (name: string) =>
  test.kinds.create<Job>({
    kind: 'Job',
    metadata: {
      name,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: cron.metadata.name ?? '',
          uid: cron.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: { template },
  });
const end = (job: Job, type: 'Complete' | 'Failed') => {
  const condition = { type, status: 'True', lastTransitionTime: '2026-01-02T03:05:00Z' };
  const done = {
    startTime: '2026-01-02T03:04:30Z',
    ...(type === 'Complete' && { completionTime: '2026-01-02T03:05:00Z' }),
  };
  const status = { ...done, conditions: [{ ...condition, type: 'SuccessCriteriaMet' }, condition] };
  return test.kinds.updateStatus({ ...job, status });
};
const remove = async ({ metadata: { name = '' } }: Job) => {
  const { objects } = test.kinds.server;
  await objects.delete(JOBS, 'default', name);
  await objects.change<Job>(JOBS, 'default', name, '', (job) => ({
    ...job,
    metadata: { ...job.metadata, finalizers: [] },
  }));
};
const active = async () => (await test.fresh<CronJob>('cronjobs.batch', cron)).status?.active?.map(({ name }) => name);
/** Those that are not about to go: nobody collects garbage here. */
const jobs = async () => {
  const { items } = await test.kinds.server.objects.list<Job>(JOBS);
  const isOwn = ({ metadata }: Job) => metadata.ownerReferences?.[0]?.uid === cron.metadata.uid;
  return items.filter((job) => isOwn(job) && job.metadata.deletionTimestamp === undefined);
};
/** A minute later. */
const tick = () => {
  test.clock.now += MINUTE;
  return test.look(cron);
};

beforeEach(() => {
  test.clock.now = Date.parse('2026-01-02T03:04:05Z');
  test.told();
});

describe('a cron job', () => {
  it('makes one job at each of its times, and says which of them run', async () => {
    cron = await make();
    expect(await test.look(cron)).toEqual({ after: 55_000 });
    expect(await active()).toBeUndefined();
    expect(await tick()).toEqual({ after: 55_000 });
    const [first] = await jobs();
    expect(test.told()).toEqual([`SuccessfulCreate: Created job ${first?.metadata.name}`]);
    expect(first?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(
      '2026-01-02T03:05:00Z',
    );
    expect(await active()).toEqual([first?.metadata.name]);
    await test.look(cron);
    expect(await jobs()).toHaveLength(1);
    await tick();
    expect(await active()).toHaveLength(2);
  });

  it('says when one has ended, and when one is gone', async () => {
    cron = await make();
    await tick();
    await tick();
    const [done, gone] = (await jobs()) as [Job, Job];
    await end(done, 'Complete');
    await remove(gone);
    test.told();
    await test.look(cron);
    expect(test.told()).toEqual([
      `SawCompletedJob: Saw completed job: ${done.metadata.name}, condition: Complete`,
      `MissingJob: Active job went missing: ${gone.metadata.name}`,
    ]);
    const { status } = await test.fresh<CronJob>('cronjobs.batch', cron);
    expect(status).toEqual({
      lastScheduleTime: '2026-01-02T03:06:00Z',
      lastSuccessfulTime: '2026-01-02T03:05:00Z',
    });
  });

  it('leaves jobs that were made by hand alone, and out of what is active', async () => {
    cron = await make({ concurrencyPolicy: 'Forbid', successfulJobsHistoryLimit: 1 });
    const byHand = await makeByHand('by-hand');
    await test.look(cron);
    expect(test.told()).toEqual(['UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand']);
    expect(await active()).toBeUndefined();
    await tick();
    const [name] = (await active()) ?? [];
    expect(name).not.toBe('by-hand');
    expect(await jobs()).toHaveLength(2);
    // Its end counts, as do all that are kept.
    await end(byHand, 'Complete');
    await test.look(cron);
    expect((await test.fresh<CronJob>('cronjobs.batch', cron)).status?.lastSuccessfulTime).toBe('2026-01-02T03:05:00Z');
  });

  it('that forbids two at once waits for the end of the first, then makes the one that is due', async () => {
    cron = await make({ concurrencyPolicy: 'Forbid' });
    await tick();
    const [first] = (await jobs()) as [Job];
    test.told();
    await tick();
    expect(test.told().map((text) => text.split(':')[0])).toEqual(['JobAlreadyActive']);
    expect(await active()).toEqual([first.metadata.name]);
    await end(first, 'Failed');
    await test.look(cron);
    expect(await active()).toEqual([
      (await jobs()).find(({ metadata }) => metadata.name !== first.metadata.name)?.metadata.name,
    ]);
  });

  it('that replaces deletes what it made, and no others', async () => {
    cron = await make({ concurrencyPolicy: 'Replace' });
    await makeByHand('kept');
    await tick();
    const [first] = (await active()) ?? [];
    await tick();
    const names = (await jobs()).map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(2);
    expect(names).toContain('kept');
    expect(names).not.toContain(first);
    expect(await active()).toEqual(names.filter((name) => name !== 'kept'));
  });

  it('notes the end of a job also when the next one cannot be made', async () => {
    cron = await make();
    await tick();
    await end((await jobs())[0] as Job, 'Complete');
    test.clock.now += MINUTE;
    const create = () => Promise.reject(new Error('no room'));
    await expect(test.look(cron, { create })).rejects.toThrow('no room');
    expect((await test.fresh<CronJob>('cronjobs.batch', cron)).status).toEqual({
      lastScheduleTime: '2026-01-02T03:05:00Z',
      lastSuccessfulTime: '2026-01-02T03:05:00Z',
    });
  });

  it('finds the job again that it had no time to note', async () => {
    cron = await make();
    await tick();
    const [made] = await active().then((names) => names ?? []);
    const { status: _status, ...rest } = await test.fresh<CronJob>('cronjobs.batch', cron);
    await test.kinds.updateStatus({ ...rest, status: {} });
    test.told();
    await test.look(cron);
    expect(await active()).toEqual([made]);
    expect(await jobs()).toHaveLength(1);
  });

  it('takes no job of others for its own, whatever its name', async () => {
    cron = await make();
    const name = `${cron.metadata.name}-${Math.floor((test.clock.now + MINUTE) / MINUTE)}`;
    await test.kinds.create({ kind: 'Job', metadata: { name }, spec: { template } });
    await tick();
    expect((await test.fresh<CronJob>('cronjobs.batch', cron)).status).toEqual({});
  });

  it('keeps as many ended jobs as it should', async () => {
    cron = await make({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    await tick();
    await tick();
    await tick();
    const [one, two, three] = (await jobs()) as [Job, Job, Job];
    await end(one, 'Complete');
    await end(two, 'Failed');
    await end(three, 'Complete');
    await test.look(cron);
    expect((await jobs()).map(({ metadata }) => metadata.name)).toEqual([three.metadata.name]);
  });

  it('makes none while it is suspended', async () => {
    cron = await make({ suspend: true });
    expect(await tick()).toBeUndefined();
    expect(await jobs()).toEqual([]);
  });
});
