import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../kinds/pods/pod.js';
import { startControlled, type Controlled } from '../testing/controlled.js';
import { jobController } from './job-controller.js';
import { TRACKING } from './job-plan.js';
import { endOfJob, JOBS, type Job } from './job.js';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
const START = Date.parse('2026-01-02T03:04:05Z');

let test: Controlled;
let job: Job;
beforeAll(async () => {
  test = await startControlled(jobController);
});
afterAll(() => test.kinds.stop());
beforeEach(() => {
  test.clock.now = START;
  test.told();
});

const make = async (spec: object = {}) => {
  job = await test.kinds.create<Job>({ kind: 'Job', spec: { template, ...spec } });
};
const look = () => test.look(job);
const fresh = () => test.fresh<Job>(JOBS, job);
const pods = async () => {
  const { items } = await test.kinds.server.objects.list<Pod>('pods');
  return items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === job.metadata.uid);
};
const end = async (phase: 'Succeeded' | 'Failed', finishedAt = '2026-01-02T03:04:05Z') => {
  const running = (await pods()).filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const state = { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt } };
  const containerStatuses = [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state }];
  for (const pod of running) await test.kinds.updateStatus({ ...pod, status: { phase, containerStatuses } });
};

describe('a job', () => {
  it('makes its pods, counts them and ends', async () => {
    await make({ completions: 3, parallelism: 2 });
    expect(await look()).toBeUndefined();
    expect((await pods()).map(({ metadata }) => metadata.finalizers)).toEqual([[TRACKING], [TRACKING]]);
    expect((await fresh()).status).toMatchObject({ active: 2, ready: 0, startTime: '2026-01-02T03:04:05Z' });
    await end('Succeeded');
    await look();
    const { active, uncountedTerminatedPods } = (await fresh()).status ?? {};
    expect([active, uncountedTerminatedPods?.succeeded?.length]).toEqual([1, 2]);
    await end('Succeeded');
    test.told();
    await look();
    expect(test.told()).toEqual(['Completed: Job completed']);
    await look();
    const { status } = await fresh();
    expect(status).toMatchObject({ succeeded: 3, ready: 0, completionTime: '2026-01-02T03:04:05Z' });
    expect(status).not.toHaveProperty('active');
    expect(status?.uncountedTerminatedPods).toEqual({});
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect((await pods()).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  });

  it('waits longer after each failure, and gives up', async () => {
    await make({ backoffLimit: 1 });
    await look();
    await end('Failed');
    expect(await look()).toEqual({ after: 10_000 });
    expect(await pods()).toHaveLength(1);
    test.clock.now += 10_000;
    await look();
    expect(await pods()).toHaveLength(2);
    await end('Failed');
    test.told();
    await look();
    expect(test.told()).toEqual(['BackoffLimitExceeded: Job has reached the specified backoff limit']);
    expect(endOfJob(await fresh())).toMatchObject({ type: 'Failed', reason: 'BackoffLimitExceeded' });
  });

  it('is looked at again when its time is over, and ends then', async () => {
    await make({ activeDeadlineSeconds: 60 });
    expect(await look()).toEqual({ after: 60_000 });
    test.clock.now += 60_000;
    expect(await look()).toBeUndefined();
    expect(endOfJob(await fresh())?.reason).toBe('DeadlineExceeded');
    expect((await fresh()).status).not.toHaveProperty('active');
  });

  it('runs nothing while it is suspended', async () => {
    await make({ suspend: true });
    await look();
    expect(await pods()).toEqual([]);
    const { status } = await fresh();
    expect(status).not.toHaveProperty('startTime');
    expect(status?.conditions).toMatchObject([{ type: 'Suspended', status: 'True', reason: 'JobSuspended' }]);
    await look();
    expect(test.told()).toEqual(['Suspended: Job suspended']);
    await test.kinds.update({ ...(await fresh()), spec: { ...(await fresh()).spec, suspend: false } });
    await look();
    expect(await pods()).toHaveLength(1);
    expect((await fresh()).status?.conditions).toMatchObject([{ status: 'False', reason: 'JobResumed' }]);
    await look();
    const [pod] = await pods();
    expect(test.told()).toEqual([`SuccessfulCreate: Created pod: ${pod?.metadata.name}`, 'Resumed: Job resumed']);
  });

  it('goes with its pods when it has been there long enough', async () => {
    await make({ ttlSecondsAfterFinished: 30 });
    await look();
    await end('Succeeded');
    await look();
    expect(await look()).toEqual({ after: 30_000 });
    test.clock.now += 30_000;
    await look();
    expect((await fresh()).metadata.deletionTimestamp).toBeDefined();
    expect(await pods()).toEqual([]);
  });

  it('that is gone keeps no pods', async () => {
    await make();
    await look();
    const { name = '' } = job.metadata;
    const { objects } = test.kinds.server;
    await objects.delete(JOBS, 'default', name);
    await objects.change<Job>(JOBS, 'default', name, '', (gone) => ({
      ...gone,
      metadata: { ...gone.metadata, finalizers: [] },
    }));
    await look();
    expect((await pods()).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  });
});
