import type { DaemonSetSpec } from 'kubernetes-types/apps/v1.js';
import { describe, expect, it } from 'vitest';
import { podOf, type PodState } from '../testing/pods.js';
import { planDaemon } from './daemon-plan.js';

type Given = Record<string, PodState & { hash?: string }>;
const ROLLING = {};
const SURGE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
const ON_DELETE = { type: 'OnDelete' };

function plan(updateStrategy: DaemonSetSpec['updateStrategy'], given: Given, isWanted = true): string {
  const pods = Object.entries(given).map(([name, { hash = 'new', ...state }]) =>
    podOf(name, { ...state, labels: { hash } }),
  );
  const spec = { updateStrategy, selector: {}, template: {} } as DaemonSetSpec;
  const { create, remove } = planDaemon(spec, pods, 'new', { isWanted, hashLabel: 'hash' });
  return [create ? 'create' : 'keep', ...remove.map(({ metadata }) => `-${metadata.name}`)].join(' ');
}

describe('a daemon set', () => {
  it.each<[string, DaemonSetSpec['updateStrategy'], Given, string]>([
    ['makes its pod', ROLLING, {}, 'create'],
    ['keeps it', ROLLING, { a: {} }, 'keep'],
    ['keeps one', ROLLING, { a: {}, b: {} }, 'keep -b'],
    ['makes it again when it failed', ROLLING, { a: { phase: 'Failed' } }, 'create -a'],
    ['waits until a pod that ends is gone', ROLLING, { a: { isEnding: true } }, 'keep'],
    ['ends the old pod first', ROLLING, { a: { hash: 'old', isReady: true } }, 'keep -a'],
    ['makes the new pod first', SURGE, { a: { hash: 'old', isReady: true } }, 'create'],
    ['ends an old pod of no use at once', SURGE, { a: { hash: 'old' } }, 'create -a'],
    ['waits for the new pod', SURGE, { a: { hash: 'old', isReady: true }, b: {} }, 'keep'],
    ['ends the old pod when the new one is ready', SURGE, { a: { hash: 'old' }, b: { isReady: true } }, 'keep -a'],
    ['leaves old pods to others', ON_DELETE, { a: { hash: 'old' } }, 'keep'],
    ['makes a pod when others have ended it', ON_DELETE, {}, 'create'],
  ])('%s', (_what, strategy, given, expected) => {
    expect(plan(strategy, given)).toBe(expected);
  });

  it('ends all pods on a node that is none of its nodes', () => {
    expect(plan(ROLLING, { a: {}, b: { phase: 'Failed' } }, false)).toBe('keep -a -b');
  });
});
