import { expect, it } from 'vitest';
import { SingleFlight } from './single-flight.js';

const { signal } = new AbortController();

it('does the work once for all who wait', async () => {
  const flights = new SingleFlight<number>();
  let runs = 0;
  const work = async () => (runs += 1);
  expect(await Promise.all([1, 2, 3].map(() => flights.run('a', signal, work)))).toEqual([1, 1, 1]);
  expect(await flights.run('a', signal, work)).toBe(2);
});

it('tells a failure to all', async () => {
  const flights = new SingleFlight<number>();
  const work = () => Promise.reject(new Error('broken'));
  const all = await Promise.allSettled([1, 2].map(() => flights.run('a', signal, work)));
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it('goes on while one is left, and is given up after the last', async () => {
  const flights = new SingleFlight<string>();
  const first = new AbortController();
  const second = new AbortController();
  let shared: AbortSignal | undefined;
  const work = (own: AbortSignal) => {
    shared = own;
    return new Promise<string>(() => undefined);
  };
  const one = flights.run('a', first.signal, work);
  const two = flights.run('a', second.signal, work);
  first.abort(new Error('one'));
  await expect(one).rejects.toThrow('one');
  expect(shared?.aborted).toBe(false);
  second.abort(new Error('two'));
  await expect(two).rejects.toThrow('two');
  expect(shared?.aborted).toBe(true);
  expect(await flights.run('a', signal, async () => 'new')).toBe('new');
});
