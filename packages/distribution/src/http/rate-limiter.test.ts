import { expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

function limiterOf(rate: { perSecond: number; burst: number }) {
  const time = { now: 0 };
  const waits: number[] = [];
  const clock = {
    now: () => time.now,
    random: () => 0,
    sleep: async (milliseconds: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      waits.push(milliseconds);
    },
  };
  return { limiter: new RateLimiter(rate, clock), waits, time };
}

const { signal } = new AbortController();

it('lets a burst pass, then one in turn', async () => {
  const { limiter, waits } = limiterOf({ perSecond: 2, burst: 3 });
  for (let n = 0; n < 6; n += 1) await limiter.take(signal);
  expect(waits).toEqual([500, 1000, 1500]);
});

it('fills up again, to the burst', async () => {
  const { limiter, waits, time } = limiterOf({ perSecond: 2, burst: 3 });
  for (let n = 0; n < 4; n += 1) await limiter.take(signal);
  time.now += 60_000;
  for (let n = 0; n < 4; n += 1) await limiter.take(signal);
  expect(waits).toEqual([500, 500]);
});

it('gives the turn of somebody who leaves to the next', async () => {
  const { limiter, waits } = limiterOf({ perSecond: 1, burst: 1 });
  await limiter.take(signal);
  await expect(limiter.take(AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  await limiter.take(signal);
  expect(waits).toEqual([1000]);
});
