import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.js';
import { AdaptiveLimit } from './adaptive-limit.js';

const { signal } = new AbortController();

function limitOf(most: number): { limit: AdaptiveLimit; slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    random: () => 0.5,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  return { limit: new AdaptiveLimit(most, clock), slept };
}

const good = { code: 200, seconds: 0.01 };

describe('a limit', () => {
  it('lets so much be done at a time, in the order in which it came', async () => {
    const { limit } = limitOf(2);
    const order: number[] = [];
    const release: (() => void)[] = [];
    const runs = [1, 2, 3, 4].map((number) =>
      limit.run(signal, async () => {
        order.push(number);
        await new Promise<void>((resolve) => release.push(resolve));
      }),
    );
    await Promise.resolve();
    expect(order).toEqual([1, 2]);
    for (let ended = 0; ended < 4; ended += 1) {
      release[ended]?.();
      await runs[ended];
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it.each([429, 503])('is halved by %d, once a round, and grows again by one a round', (code) => {
    const { limit } = limitOf(8);
    limit.observe({ code, seconds: 0.01 });
    expect(limit.allowed).toBe(4);
    for (let more = 0; more < 3; more += 1) limit.observe({ code, seconds: 0.01 });
    expect(limit.allowed).toBe(4);
    for (let more = 0; more < 10; more += 1) limit.observe({ code, seconds: 0.01 });
    expect(limit.allowed).toBe(1);
    for (let more = 0; more < 100; more += 1) limit.observe(good);
    expect(limit.allowed).toBe(8);
  });

  it('shrinks when answers become slow', () => {
    const { limit } = limitOf(4);
    for (let some = 0; some < 20; some += 1) limit.observe(good);
    for (let some = 0; some < 40; some += 1) limit.observe({ code: 200, seconds: 10 });
    expect(limit.allowed).toBe(1);
  });

  it('lets nobody ask before the time that the registry named', async () => {
    const { limit, slept } = limitOf(4);
    limit.observe({ code: 429, seconds: 0.01, retryAfterSeconds: 3 });
    await limit.run(signal, async () => undefined);
    await limit.run(signal, async () => undefined);
    expect(slept).toEqual([3000]);
  });

  it('lets go of who does not want to wait any more', async () => {
    const { limit } = limitOf(1);
    let release = () => {};
    const first = limit.run(signal, () => new Promise<void>((resolve) => (release = resolve)));
    const leaving = new AbortController();
    const second = limit.run(leaving.signal, async () => 'never');
    const third = limit.run(signal, async () => 'done');
    leaving.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    release();
    await first;
    expect(await third).toBe('done');
  });
});
