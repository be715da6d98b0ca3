import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.js';
import { withResolvers } from './with-resolvers.js';
import { WorkQueue, type WorkHandler } from './work-queue.js';

function start(handler: WorkHandler, workers = 1) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const queue = new WorkQueue({
    clock,
    random: () => 1,
    baseMs: 10,
    maxMs: 100,
    onError: (error) => errors.push(error),
  });
  const abort = new AbortController();
  const running = queue.run(handler, { workers, signal: abort.signal });
  return { clock, errors, queue, abort, running };
}

describe('WorkQueue', () => {
  it('works on each key once, however often it was added', async () => {
    const done: string[] = [];
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect(queue.size).toBe(2);
    const abort = new AbortController();
    const running = queue.run(async (key) => void done.push(key), { signal: abort.signal });
    await settle();
    expect(done).toEqual(['a', 'b']);
    abort.abort();
    await running;
  });

  it('never works on a key twice at a time, and comes back to it', async () => {
    const gate = withResolvers<void>();
    const log: string[] = [];
    const { queue, abort, running } = start(async (key) => {
      log.push(`begin ${key}`);
      if (log.length === 1) await gate.promise;
      log.push(`end ${key}`);
    }, 2);
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(log).toEqual(['begin a']);
    gate.resolve();
    await settle();
    expect(log).toEqual(['begin a', 'end a', 'begin a', 'end a']);
    abort.abort();
    await running;
  });

  it('has no more workers than asked for', async () => {
    const gate = withResolvers<void>();
    let active = 0;
    let most = 0;
    const { queue, abort, running } = start(async () => {
      most = Math.max(most, ++active);
      await gate.promise;
      active--;
    }, 3);
    for (let key = 0; key < 10; key++) queue.add(String(key));
    await settle();
    expect(most).toBe(3);
    expect(queue.size).toBe(10);
    gate.resolve();
    await settle();
    expect(queue.size).toBe(0);
    abort.abort();
    await running;
  });

  it('tries again, each time later, up to a bound, until it works', async () => {
    const times: number[] = [];
    const { clock, queue, errors, abort, running } = start(async () => {
      times.push(clock.now());
      if (times.length < 8) throw new Error('not yet');
    });
    queue.add('a');
    await clock.advance(10_000);
    expect(times.slice(1).map((time, index) => time - (times[index] as number))).toEqual([
      10, 20, 40, 80, 100, 100, 100,
    ]);
    expect(errors).toHaveLength(7);
    expect(queue.size).toBe(0);
    queue.add('a');
    await clock.advance(0);
    expect(times).toHaveLength(9);
    abort.abort();
    await running;
  });

  it('forgets failures after a success', async () => {
    const times: number[] = [];
    const { clock, queue, abort, running } = start(async () => {
      times.push(clock.now());
      if (times.length % 2 === 1) throw new Error('not yet');
    });
    queue.add('a');
    await clock.advance(100);
    queue.add('a');
    await clock.advance(100);
    expect((times[3] as number) - (times[2] as number)).toBe(10);
    abort.abort();
    await running;
  });

  it('looks again when the handler says so', async () => {
    const times: number[] = [];
    const { clock, queue, abort, running } = start(async () => {
      times.push(clock.now());
      return times.length < 3 ? { after: 1000 } : undefined;
    });
    queue.add('a');
    await clock.advance(5000);
    expect(times.slice(1).map((time, index) => time - (times[index] as number))).toEqual([1000, 1000]);
    abort.abort();
    await running;
  });

  it('takes the earliest of several times, and now before all', async () => {
    const times: number[] = [];
    const { clock, queue, abort, running } = start(async () => void times.push(clock.now()));
    const begin = clock.now();
    queue.addAfter('a', 300);
    queue.addAfter('a', 100);
    queue.addAfter('a', 200);
    await clock.advance(1000);
    expect(times).toEqual([begin + 100]);
    queue.addAfter('a', 500);
    queue.add('a');
    await clock.advance(1000);
    expect(times).toHaveLength(2);
    abort.abort();
    await running;
  });

  it('waits for what runs when it ends, and takes nothing new', async () => {
    const gate = withResolvers<void>();
    const done: string[] = [];
    const { queue, abort, running, clock } = start(async (key) => {
      await gate.promise;
      done.push(key);
    });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    await settle();
    abort.abort();
    let ended = false;
    void running.then(() => (ended = true));
    await settle();
    expect(ended).toBe(false);
    gate.resolve();
    await running;
    expect(done).toEqual(['a']);
    expect(clock.waiting).toBe(0);
  });
});
