import { InMemoryDriver, StorageError } from '@longshore/storage';
import type { StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { StorageHealth } from './health.js';
import type { HealthOptions, HealthStatus } from './health.js';
import { ManualTimers } from './manual-timers.js';

const HEALTHY = { healthy: true };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A driver whose `stat` answers as `answer` says at the time. */
function setUp(threshold: number, options: HealthOptions = {}) {
  const control = { asked: 0, answer: (): Promise<void> => Promise.resolve() };
  const memory = new InMemoryDriver();
  const driver: StorageDriver = Object.assign(Object.create(memory) as InMemoryDriver, {
    stat: async (path: string) => {
      control.asked++;
      await control.answer();
      return memory.stat(path);
    },
    put: memory.put.bind(memory),
  });
  const timers = new ManualTimers();
  const changes: HealthStatus[] = [];
  const health = new StorageHealth(
    driver,
    { interval: 1000, threshold },
    { timers, onChange: (status) => changes.push(status), ...options },
  );
  const stop = new AbortController();
  health.start(stop.signal);
  const round = async () => {
    timers.advance(1000);
    await turn();
  };
  return { control, driver, memory, timers, changes, health, stop, round };
}

const fail = (message: string) => () => Promise.reject(new Error(message));

describe('StorageHealth', () => {
  it('asks at once and at each interval', async () => {
    const { control, health, round } = setUp(1);
    expect(control.asked).toBe(1);
    await turn();
    await round();
    await round();
    expect(control.asked).toBe(3);
    expect(health.status()).toEqual(HEALTHY);
  });

  it('is unhealthy after as many failures in a row as the threshold says, with the last reason', async () => {
    const { control, health, round, changes } = setUp(3);
    await turn();
    control.answer = fail('reset');
    await round();
    await round();
    control.answer = () => Promise.resolve();
    await round();
    control.answer = fail('reset by https://key:secret@bucket/');
    await round();
    await round();
    expect(health.status()).toEqual(HEALTHY);
    await round();
    expect(health.status()).toEqual({ healthy: false, error: 'reset by https://***@bucket/' });
    control.answer = fail('refused');
    await round();
    expect(health.status()).toEqual({ healthy: false, error: 'refused' });
    control.answer = () => Promise.resolve();
    await round();
    expect(health.status()).toEqual(HEALTHY);
    expect(changes.map(({ healthy }) => healthy)).toEqual([false, true]);
  });

  it('takes an empty back end for a healthy one', async () => {
    const { control, health, round } = setUp(1);
    await turn();
    control.answer = () => Promise.reject(new StorageError('PATH_NOT_FOUND', '/'));
    await round();
    expect(health.status()).toEqual(HEALTHY);
  });

  it('counts a check that hangs as failed at each interval, and asks no second time meanwhile', async () => {
    const { control, health, round } = setUp(2);
    await turn();
    let answer = () => {};
    control.answer = () => new Promise((resolve) => (answer = resolve));
    await round();
    await round();
    expect(health.status()).toEqual(HEALTHY);
    await round();
    expect(health.status()).toEqual({ healthy: false, error: 'storage did not answer within 1000 ms' });
    expect(control.asked).toBe(2);

    answer();
    await turn();
    expect(health.status().healthy).toBe(false);
    control.answer = () => Promise.resolve();
    await round();
    expect(health.status()).toEqual(HEALTHY);
  });

  it('notices storage that cannot be written, when it may write', async () => {
    const { driver, memory, health, round } = setUp(1, { probeWrites: true });
    await turn();
    expect(health.status()).toEqual(HEALTHY);
    expect((await memory.list('/docker/registry/v2/longshore/health')).names).toEqual(['probe']);
    driver.put = () => Promise.reject(new StorageError('DEVICE_OUT_OF_SPACE', '/x'));
    await round();
    expect(health.status()).toEqual({ healthy: false, error: '/x: DEVICE_OUT_OF_SPACE' });
  });

  it('writes nothing when it may not', async () => {
    const { memory, round } = setUp(1);
    await turn();
    await round();
    expect((await memory.list('/')).names).toEqual([]);
  });

  it('stops with its signal', async () => {
    const { control, timers, stop, round, health } = setUp(1);
    await turn();
    stop.abort();
    await round();
    expect([control.asked, timers.pending]).toEqual([1, 0]);
    health.start(stop.signal);
    expect(control.asked).toBe(1);
  });
});
