import type { ContainerStatus, PodSpec } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { podPhase } from './pod-status.js';
import { afterProbe, NO_PROBE_YET } from './probe-state.js';
import { afterRun, backOffMessages, formatWait, isRestarted } from './restart-policy.js';

const status = (state: ContainerStatus['state'], lastState: ContainerStatus['state'] = {}): ContainerStatus => ({
  name: 'c',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  lastState,
});
const running = status({ running: {} });
const waiting = status({ waiting: {} });
const ended = (exitCode: number) => status({ terminated: { exitCode } });
const backingOff = status({ waiting: {} }, { terminated: { exitCode: 1 } });

describe('the phase of a pod', () => {
  it.each<[string, ContainerStatus[], ContainerStatus[], string]>([
    ['Always', [], [waiting], 'Pending'],
    ['Always', [], [running, waiting], 'Pending'],
    ['Always', [], [running], 'Running'],
    ['Always', [], [ended(0)], 'Running'],
    ['Always', [], [backingOff], 'Running'],
    ['OnFailure', [], [ended(0)], 'Succeeded'],
    ['OnFailure', [], [ended(1)], 'Running'],
    ['OnFailure', [], [backingOff], 'Running'],
    ['Never', [], [ended(0), ended(1)], 'Failed'],
    ['Never', [], [ended(0), running], 'Running'],
    ['Never', [], [ended(0)], 'Succeeded'],
    ['Never', [running], [waiting], 'Pending'],
    ['Never', [ended(1)], [waiting], 'Failed'],
    ['Always', [ended(1)], [waiting], 'Pending'],
    ['Never', [ended(0)], [running], 'Running'],
  ])('with %s, %j and %j is %s', (restartPolicy, initContainers, containers, expected) => {
    const spec: PodSpec = { restartPolicy, containers: [] };
    expect(podPhase({ spec, initContainers, containers })).toBe(expected);
  });
});

describe('a probe', () => {
  it.each([
    ['sf', 'success'],
    ['sff', 'success'],
    ['sfff', 'failure'],
    ['sffsff', 'success'],
    ['fff', 'failure'],
    ['f', undefined],
    ['fffs', 'failure'],
    ['fffss', 'success'],
  ])('that finds %s says %s', (outcomes, expected) => {
    const thresholds = { failureThreshold: 3, successThreshold: 2 };
    const first = outcomes.startsWith('s') ? ('success' as const) : undefined;
    const start = first ? { result: first, run: 1, last: first } : NO_PROBE_YET;
    const state = [...outcomes].reduce(
      (at, one) => afterProbe(at, one === 's' ? 'success' : 'failure', thresholds),
      start,
    );
    expect(state.result).toBe(expected);
  });
});

describe('restarts', () => {
  it('wait longer each time, and begin anew after a long run', () => {
    const waits: string[] = [];
    let state = { ends: 0 };
    for (let run = 0; run < 8; run++) {
      const next = afterRun(state, 1000);
      state = next.state;
      waits.push(formatWait(next.waitMs));
    }
    expect(waits).toEqual(['0s', '10s', '20s', '40s', '1m20s', '2m40s', '5m0s', '5m0s']);
    expect(afterRun(state, 600_000).waitMs).toBe(0);
  });

  it('is told of as by the kubelet', () => {
    expect(backOffMessages('app', 'web_shop(u1)', 80_000)).toEqual({
      state: 'back-off 1m20s restarting failed container=app pod=web_shop(u1)',
      event: 'Back-off restarting failed container app in pod web_shop(u1)',
    });
  });

  it.each([
    ['Always', 0, true],
    ['OnFailure', 0, false],
    ['OnFailure', 1, true],
    ['Never', 1, false],
  ])('%s after %i: %s', (policy, code, expected) => {
    expect(isRestarted(policy, code)).toBe(expected);
  });
});
