import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitExceeded, limitedBy, requestKind } from './limits.js';
import type { KindLimits, Release, RequestLimiter } from './limits.js';
import { ManualTimers } from './manual-timers.js';

function limiterOf(read: Partial<KindLimits>) {
  const timers = new ManualTimers();
  const limiter = limitedBy({ read: { maxrunning: 1, maxinqueue: 1, maxwaitinqueue: 0, ...read } }, timers);
  return { limiter, timers };
}

function taken(limiter: RequestLimiter): Release {
  const slot = limiter.acquire('read');
  if (slot instanceof Promise) throw new Error('the slot was not free');
  return slot;
}

async function acquired(limiter: RequestLimiter, signal?: AbortSignal): Promise<Release> {
  return limiter.acquire('read', signal);
}

describe('requestKind', () => {
  it.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['OPTIONS', 'read'],
    ['PUT', 'write'],
    ['DELETE', 'write'],
    ['BREW', 'write'],
  ] as const)('%s -> %s', (method, kind) => {
    expect(requestKind(method)).toBe(kind);
  });
});

describe('limitedBy', () => {
  it('serves 1, lets 1 wait and refuses 4 of 6 with limits 1/1', async () => {
    const { limiter } = limiterOf({});
    const first = taken(limiter);
    const second = limiter.acquire('read');
    const refused = await Promise.allSettled([1, 2, 3, 4].map(() => acquired(limiter)));
    for (const each of refused) {
      expect(each).toMatchObject({
        reason: { code: 'TOOMANYREQUESTS', retryAfterSeconds: 1, kind: 'read' } satisfies Partial<LimitExceeded>,
      });
    }
    expect(limiter.queued).toBe(1);
    first();
    (await second)();
    taken(limiter)();
  });

  it('does not limit what has no limits', () => {
    const limiter = limitedBy();
    for (let count = 0; count < 1000; count++) expect(limiter.acquire('write')).toBeTypeOf('function');
    expect([limiter.unlimited('read'), limiter.unlimited('write')]).toEqual([true, true]);
  });

  it('counts reads and writes apart', () => {
    const limits = { maxrunning: 1, maxinqueue: 0, maxwaitinqueue: 0 };
    const limiter = limitedBy({ read: limits, write: limits });
    taken(limiter);
    expect(limiter.acquire('write')).toBeTypeOf('function');
    expect(limiter.unlimited('read')).toBe(false);
  });

  it('serves those who wait in the order in which they came', async () => {
    const { limiter } = limiterOf({ maxinqueue: 3 });
    const order: number[] = [];
    const first = taken(limiter);
    const waiting = [1, 2, 3].map(async (number) => {
      const release = await limiter.acquire('read');
      order.push(number);
      release();
    });
    first();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('releases once however often it is told', async () => {
    const { limiter } = limiterOf({ maxinqueue: 0 });
    const first = taken(limiter);
    first();
    taken(limiter);
    first();
    await expect(limiter.acquire('read')).rejects.toBeInstanceOf(LimitExceeded);
  });

  it('refuses when the wait is over', async () => {
    const { limiter, timers } = limiterOf({ maxwaitinqueue: 500 });
    const first = taken(limiter);
    const late = limiter.acquire('read');
    timers.advance(499);
    expect(limiter.queued).toBe(1);
    timers.advance(1);
    await expect(late).rejects.toBeInstanceOf(LimitExceeded);
    expect(limiter.queued).toBe(0);
    first();
    taken(limiter);
  });

  it('calls the timer off when a slot comes in time', async () => {
    const { limiter, timers } = limiterOf({ maxwaitinqueue: 500 });
    const first = taken(limiter);
    const second = limiter.acquire('read');
    first();
    await second;
    expect(timers.pending).toBe(0);
  });

  it('gives the place of a client that left to the next', async () => {
    const { limiter, timers } = limiterOf({ maxwaitinqueue: 500 });
    const first = taken(limiter);
    const client = new AbortController();
    const gone = limiter.acquire('read', client.signal);
    client.abort(new Error('client left'));
    await expect(gone).rejects.toThrow('client left');
    expect(timers.pending).toBe(0);
    const next = limiter.acquire('read');
    first();
    (await next)();
  });

  it('does not queue a client that has left already', async () => {
    const { limiter } = limiterOf({});
    taken(limiter);
    await expect(limiter.acquire('read', AbortSignal.abort(new Error('client left')))).rejects.toThrow('client left');
    expect(limiter.queued).toBe(0);
  });
});

describe('limitedBy, whatever happens', () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'arrive' as const }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.nat(300) }) },
  );

  it('never serves more than allowed, forgets nobody and ends with all slots free', async () => {
    const limits = fc.record({
      maxrunning: fc.integer({ min: 1, max: 4 }),
      maxinqueue: fc.nat(4),
      maxwaitinqueue: fc.constantFrom(0, 100),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(event, { maxLength: 60 }), async (read, events) => {
        const { limiter, timers } = limiterOf(read);
        const held: Release[] = [];
        const clients: AbortController[] = [];
        const settled: Promise<unknown>[] = [];
        const arrive = () => {
          const client = new AbortController();
          clients.push(client);
          const slot = limiter.acquire('read', client.signal);
          if (slot instanceof Promise)
            settled.push(
              slot.then(
                (release) => held.push(release),
                () => undefined,
              ),
            );
          else held.push(slot);
        };
        const step = async (happens: (typeof events)[number]) => {
          if (happens.kind === 'arrive') arrive();
          else if (happens.kind === 'wait') timers.advance(happens.milliseconds);
          else if (happens.kind === 'leave') clients[happens.which % clients.length]?.abort();
          else held.splice(happens.which % (held.length + 1), 1)[0]?.();
          await new Promise((resolve) => setImmediate(resolve));
        };
        for (const happens of events) {
          await step(happens);
          expect(held.length).toBeLessThanOrEqual(read.maxrunning);
          expect(limiter.queued).toBeLessThanOrEqual(read.maxinqueue);
          if (limiter.queued > 0) expect(held.length).toBe(read.maxrunning);
        }
        while (held.length > 0) await step({ kind: 'finish', which: 0 });
        await Promise.all(settled);
        expect(limiter.queued).toBe(0);
        for (let slot = 0; slot < read.maxrunning; slot++) taken(limiter);
        await expect(acquired(limiter, AbortSignal.abort())).rejects.toBeDefined();
      }),
    );
  });
});
