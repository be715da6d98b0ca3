import fc from 'fast-check';
import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';
import { describe, expect, it } from 'vitest';
import { podOf, type PodState } from '../testing/pods.js';
import { countPods, planJob, TRACKING, untilRetry } from './job-plan.js';

const held = (name: string, phase: string, more: PodState = {}) =>
  podOf(name, { phase, finalizers: [TRACKING], ...more });
const NOTHING = { succeeded: 0, failed: 0, uncounted: { succeeded: [], failed: [] }, release: [] };

describe('counting pods', () => {
  it('notes those that have ended, and that are still held', () => {
    const pods = [held('a', 'Succeeded'), held('b', 'Failed'), held('c', 'Running'), podOf('d', { phase: 'Failed' })];
    const { release, ...count } = countPods({}, pods);
    expect(count).toEqual({ succeeded: 0, failed: 0, uncounted: { succeeded: ['a'], failed: ['b'] } });
    expect(release.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('takes a pod that is deleted before it ran for a failed one', () => {
    const pods = [held('a', 'Pending', { isEnding: true }), held('b', 'Running', { isEnding: true, node: 'n' })];
    expect(countPods({}, pods).uncounted).toEqual({ succeeded: [], failed: ['a'] });
  });

  it('counts each pod once, whenever the loop is cut short', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 6 }), fc.array(fc.nat(2), { maxLength: 40 }), (ends, steps) => {
        let status: JobStatus = {};
        const pods = new Map(ends.map((isGood, at) => [`p${at}`, held(`p${at}`, isGood ? 'Succeeded' : 'Failed')]));
        const write = () => {
          const { succeeded, failed, uncounted } = countPods(status, [...pods.values()]);
          status = { succeeded, failed, uncountedTerminatedPods: uncounted };
        };
        for (const step of steps) {
          // The status is written first; then a pod that it names may lose its finalizer.
          write();
          const noted = [
            ...(status.uncountedTerminatedPods?.succeeded ?? []),
            ...(status.uncountedTerminatedPods?.failed ?? []),
          ];
          const uid = noted[step % Math.max(noted.length, 1)];
          if (step > 0 && uid !== undefined) pods.delete(uid);
        }
        for (const uid of [...pods.keys()]) {
          write();
          pods.delete(uid);
        }
        write();
        const good = ends.filter(Boolean).length;
        expect([status.succeeded ?? 0, status.failed ?? 0]).toEqual([good, ends.length - good]);
      }),
    );
  });
});

describe('what a job does next', () => {
  const plan = (
    spec: Partial<JobSpec>,
    done: { succeeded?: number; failed?: number } = {},
    active = 0,
    more: PodState = {},
  ) => {
    const pods = Array.from({ length: active }, (_, at) => podOf(`p${at}`, more));
    const { create, remove, end } = planJob({ template: {}, ...spec }, { ...NOTHING, ...done }, pods, 0, 100_000);
    return { create, remove: remove.length, ...(end && { end: end.reason }) };
  };
  const OnFailure = { template: { spec: { containers: [], restartPolicy: 'OnFailure' } } };

  it.each<[string, ReturnType<typeof plan>, ReturnType<typeof plan>]>([
    ['one pod', plan({ completions: 1 }), { create: 1, remove: 0 }],
    ['several at a time', plan({ completions: 5, parallelism: 2 }), { create: 2, remove: 0 }],
    ['no more than are missing', plan({ completions: 5, parallelism: 4 }, { succeeded: 3 }), { create: 2, remove: 0 }],
    ['fewer at a time', plan({ completions: 5, parallelism: 1 }, {}, 3), { create: 0, remove: 2 }],
    ['the end', plan({ completions: 1 }, { succeeded: 1 }), { create: 0, remove: 0, end: 'CompletionsReached' }],
    ['no pods', plan({ completions: 1, suspend: true }, {}, 1), { create: 0, remove: 1 }],
    ['as many as may be', plan({ parallelism: 3 }), { create: 3, remove: 0 }],
    ['none after a success', plan({ parallelism: 3 }, { succeeded: 1 }, 1), { create: 0, remove: 0 }],
    [
      'the end after the last',
      plan({ parallelism: 3 }, { succeeded: 1 }),
      { create: 0, remove: 0, end: 'CompletionsReached' },
    ],
    ['another try', plan({ completions: 1, backoffLimit: 1 }, { failed: 1 }), { create: 1, remove: 0 }],
    [
      'no further try',
      plan({ completions: 1, backoffLimit: 1 }, { failed: 2 }, 1),
      { create: 0, remove: 1, end: 'BackoffLimitExceeded' },
    ],
    [
      'no further restart',
      plan({ ...OnFailure, completions: 1, backoffLimit: 2 }, {}, 1, { restarts: 2 }),
      { create: 0, remove: 1, end: 'BackoffLimitExceeded' },
    ],
    ['no time left', plan({ activeDeadlineSeconds: 100 }, {}, 1), { create: 0, remove: 1, end: 'DeadlineExceeded' }],
    ['time left', plan({ activeDeadlineSeconds: 101 }, {}, 1), { create: 0, remove: 0 }],
    ['what is not known', plan({ completionMode: 'Indexed' }, {}, 1), { create: 0, remove: 1, end: 'Unsupported' }],
  ])('%s', (_what, planned, expected) => {
    expect(planned).toEqual(expected);
  });
});

describe('the wait after a failure', () => {
  it.each([
    [0, 0, 0],
    [1, 0, 10_000],
    [2, 0, 20_000],
    [2, 15_000, 5000],
    [2, 25_000, 0],
    [50, 0, 600_000],
  ])('%i failures, %i ms ago', (failed, passed, expected) => {
    expect(untilRetry(failed, 1000, 1000 + passed)).toBe(expected);
  });
});
