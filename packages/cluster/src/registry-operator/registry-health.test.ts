import type { ObjectAccess } from '@longshore/apiserver';
import type { Condition } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { registryHealth, untilRegistryAvailable, type ClusterOperator } from './registry-health.js';

const saying = (status: Condition['status'], reason: string, message: string): ClusterOperator => ({
  apiVersion: 'config.openshift.io/v1',
  kind: 'ClusterOperator',
  metadata: { name: 'image-registry' },
  status: { conditions: [{ type: 'Available', status, reason, message, lastTransitionTime: '2030-01-01T00:00:00Z' }] },
});
const READY = saying('True', 'Ready', 'Available: The registry is ready');
const REMOVED = saying('True', 'NodeCADaemonAsExpected::Removed', 'Available: The registry is removed');
const STARTING = saying('False', 'NoReplicasAvailable', 'Available: no pods\nNodeCADaemonAvailable: all is well');

describe('registryHealth', () => {
  it.each([
    ['nothing yet', undefined, { problem: 'the operator has not looked at it yet', isSettled: false }],
    ['ready', READY, { isSettled: true }],
    ['removed, as was asked for', REMOVED, { problem: 'Available: The registry is removed', isSettled: true }],
    [
      'not available',
      STARTING,
      { problem: 'Available: no pods; NodeCADaemonAvailable: all is well', isSettled: false },
    ],
  ])('%s', (_, operator, health) => {
    expect(registryHealth(operator)).toEqual(health);
  });
});

describe('untilRegistryAvailable', () => {
  const answering = (...operators: (ClusterOperator | undefined)[]) => {
    const get = () => Promise.resolve(operators.length > 1 ? operators.shift() : operators[0]);
    return { get } as unknown as ObjectAccess;
  };
  const signal = new AbortController().signal;
  const answers = () => Promise.resolve(undefined);
  const until = (objects: ObjectAccess, waitMs: number, stop = signal) =>
    untilRegistryAvailable(objects, answers, waitMs, stop);

  it('waits until it is', async () => {
    expect(await until(answering(undefined, STARTING, READY), 60_000)).toBeUndefined();
  });

  it('does not believe what was said before the registry answers', async () => {
    const problems = ['ECONNRESET', 'it answers 503', undefined];
    const ask = () => Promise.resolve(problems.shift());
    expect(await untilRegistryAvailable(answering(READY), ask, 60_000, signal)).toBeUndefined();
    expect(problems).toEqual([]);
  });

  it('does not wait for what was not asked for, and not for ever', async () => {
    expect(await until(answering(REMOVED), 60_000)).toContain('removed');
    expect(await until(answering(STARTING), 0)).toContain('no pods');
  });

  it('ends when it is told to', async () => {
    await expect(until(answering(STARTING), 60_000, AbortSignal.abort())).rejects.toThrow();
  });
});
