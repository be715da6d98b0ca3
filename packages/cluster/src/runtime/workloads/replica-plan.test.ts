import { describe, expect, it } from 'vitest';
import { podOf, secondOf2030, type PodState } from '../testing/pods.js';
import { countReplicas, planReplicas } from './replica-plan.js';

const pods = (given: Record<string, PodState>) => Object.entries(given).map(([name, state]) => podOf(name, state));
const good: PodState = { node: 'n', isReady: true };

describe('the pods of a replica set', () => {
  it.each<[string, number, Record<string, PodState>, number, string[]]>([
    ['are made', 2, {}, 2, []],
    ['are made for those that end', 2, { a: { isEnding: true }, b: {}, c: { phase: 'Failed' } }, 1, []],
    ['are made 500 at a time', 1000, {}, 500, []],
    ['stay', 1, { a: {} }, 0, []],
    ['go: without a node first', 1, { a: good, b: { ...good, node: '' } }, 0, ['b']],
    ['go: pending first', 1, { a: { ...good, phase: 'Pending' }, b: good }, 0, ['a']],
    ['go: not ready first', 1, { a: good, b: { ...good, isReady: false } }, 0, ['b']],
    ['go: restarted most first', 1, { a: { ...good, restarts: 1 }, b: { ...good, restarts: 3 } }, 0, ['b']],
    ['go: youngest first', 1, { a: { ...good, at: 9 }, b: { ...good, at: 1 } }, 0, ['a']],
    ['go: all', 0, { a: good, b: { isEnding: true } }, 0, ['a']],
  ])('%s', (_what, wanted, given, create, remove) => {
    const plan = planReplicas(wanted, pods(given));
    expect([plan.create, plan.remove.map(({ metadata }) => metadata.name)]).toEqual([create, remove]);
  });
});

describe('the counts of a replica set', () => {
  const now = Date.parse(secondOf2030(10));
  const given = {
    a: { isReady: true, at: 0 },
    b: { isReady: true, at: 7 },
    c: {},
    d: { isReady: true, isEnding: true },
  };

  it('tell which pods are ready, and which have been so long enough', () => {
    expect(countReplicas(pods(given), 5, now)).toEqual({ replicas: 3, ready: 2, available: 1, nextAvailable: 2000 });
    expect(countReplicas(pods(given), 0, now)).toEqual({ replicas: 3, ready: 2, available: 2 });
  });
});
