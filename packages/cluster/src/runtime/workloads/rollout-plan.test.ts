import fc from 'fast-check';
import type { DeploymentSpec } from 'kubernetes-types/apps/v1.js';
import { describe, expect, it } from 'vitest';
import type { ReplicaSet } from './replica-set-controller.js';
import { planRollout, rolloutBounds } from './rollout-plan.js';

const set = (name: string, replicas: number, available = replicas): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, creationTimestamp: '2030-01-01T00:00:00Z' },
  spec: { replicas, selector: {}, template: {} },
  status: { replicas, availableReplicas: available },
});
const spec = (replicas: number, more: object = {}): DeploymentSpec => ({
  replicas,
  selector: {},
  template: {},
  ...more,
});

describe('the bounds of a rollout', () => {
  it.each([
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [1, '25%', 0, { surge: 1, unavailable: 0 }],
    [2, 1, 1, { surge: 1, unavailable: 1 }],
    [1, 0, '25%', { surge: 0, unavailable: 1 }],
  ])('%i, %j, %j', (replicas, maxSurge, maxUnavailable, expected) => {
    expect(rolloutBounds(spec(replicas, { strategy: { rollingUpdate: { maxSurge, maxUnavailable } } }))).toEqual(
      expected,
    );
  });
});

describe('a rollout', () => {
  it('never has too many nor too few pods, and comes to its end', () => {
    const numbers = fc.record({
      replicas: fc.integer({ min: 0, max: 12 }),
      surge: fc.integer({ min: 0, max: 4 }),
      unavailable: fc.integer({ min: 0, max: 4 }),
      old: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(numbers, ({ replicas, surge, unavailable, old: counts }) => {
        const wanted = spec(replicas, {
          strategy: { rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
        });
        const bounds = rolloutBounds(wanted);
        let old = counts.map((count, at) => set(`old${at}`, count));
        let current: ReplicaSet | undefined;
        const started = counts.reduce((sum, count) => sum + count, 0);
        for (let step = 0; step < 100; step++) {
          const { create, scale } = planRollout({ spec: wanted, current, old, hasOldPods: false });
          const next = (one: ReplicaSet) => {
            const replicasOf = scale.find(({ name }) => name === one.metadata.name)?.replicas ?? one.spec.replicas ?? 0;
            // Pods that are new become available before the next step.
            return set(one.metadata.name ?? '', replicasOf);
          };
          const before = current;
          old = old.map(next);
          current = create !== undefined ? set('new', create) : current && next(current);
          const total = [...old, ...(current ? [current] : [])].reduce((sum, one) => sum + (one.spec.replicas ?? 0), 0);
          expect(total).toBeLessThanOrEqual(Math.max(replicas + bounds.surge, started));
          const available = old.reduce((sum, one) => sum + (one.spec.replicas ?? 0), before?.spec.replicas ?? 0);
          if (started >= replicas) expect(available).toBeGreaterThanOrEqual(replicas - bounds.unavailable);
          if (create === undefined && scale.length === 0) break;
        }
        expect(current?.spec.replicas).toBe(replicas);
        expect(old.every((one) => one.spec.replicas === 0)).toBe(true);
      }),
    );
  });

  it('with Recreate waits for the last old pod', () => {
    const recreate = spec(2, { strategy: { type: 'Recreate' } });
    const plan = (old: ReplicaSet[], hasOldPods: boolean) =>
      planRollout({ spec: recreate, current: undefined, old, hasOldPods });
    expect(plan([set('a', 2)], true)).toEqual({ scale: [{ name: 'a', replicas: 0 }] });
    expect(plan([set('a', 0)], true)).toEqual({ scale: [] });
    expect(plan([set('a', 0)], false)).toEqual({ create: 2, scale: [] });
  });

  it('that is paused only follows the number', () => {
    const state = { spec: spec(3, { paused: true }), current: undefined, hasOldPods: true };
    expect(planRollout({ ...state, old: [set('a', 2)] })).toEqual({ scale: [{ name: 'a', replicas: 3 }] });
    expect(planRollout({ ...state, old: [set('a', 1), set('b', 1)] })).toEqual({ scale: [] });
  });
});
