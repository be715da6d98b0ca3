import { describe, expect, it } from 'vitest';
import type { Lease } from '../builtin-types.js';
import { KubeClient } from '../client/kube-client.js';
import { UnreachableError, type Transport } from '../client/transport.js';
import { FakeApi } from '../testing/fake-api.js';
import { ManualClock, settle } from '../testing/manual-clock.js';
import { runAsLeader } from './leader-election.js';

const OPTIONS = { namespace: 'ns', name: 'lock', random: () => 0 };

/** A candidate with a clock and a connection of its own. */
function candidate(identity: string, api: FakeApi, clock = new ManualClock()) {
  const state = { connected: true, leads: false, terms: 0, errors: [] as unknown[] };
  const transport: Transport = {
    request: (request) => (state.connected ? api.request(request) : Promise.reject(new UnreachableError('down'))),
    close: () => Promise.resolve(),
  };
  const client = new KubeClient(transport, { clock, retry: { attempts: 1 } });
  const abort = new AbortController();
  const work = (signal: AbortSignal) => {
    state.leads = true;
    state.terms++;
    return new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        state.leads = false;
        resolve();
      });
    });
  };
  const options = { ...OPTIONS, identity, clock, onError: (error: unknown) => state.errors.push(error) };
  const running = runAsLeader(client, options, work, abort.signal);
  return { state, clock, abort, running };
}

const lease = (api: FakeApi): Lease | undefined => api.objects.get('lock');

describe('runAsLeader', () => {
  it('lets one work; the other takes over at once when the Lease is released', async () => {
    const api = new FakeApi();
    const a = candidate('a', api);
    await settle();
    const b = candidate('b', api, a.clock);
    await a.clock.advance(60_000);
    expect([a.state.leads, b.state.leads]).toEqual([true, false]);
    expect(lease(api)?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    a.abort.abort();
    await a.running;
    expect(lease(api)?.spec?.holderIdentity).toBe('');
    await a.clock.advance(2_500);
    expect([a.state.leads, b.state.leads]).toEqual([false, true]);
    expect(lease(api)?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    b.abort.abort();
    await b.running;
  });

  it('never lets two work, while the holder is cut off and comes back', async () => {
    const api = new FakeApi();
    const clock = new ManualClock();
    const a = candidate('a', api, clock);
    await settle();
    const b = candidate('b', api, clock);
    let together = 0;
    let free = 0;
    for (let second = 0; second < 120; second++) {
      if (second === 20) a.state.connected = false;
      if (second === 60) a.state.connected = true;
      await clock.advance(1000);
      if (a.state.leads && b.state.leads) together++;
      if (!a.state.leads && !b.state.leads) free++;
    }
    expect(together).toBe(0);
    expect(free).toBeGreaterThan(0);
    expect(free).toBeLessThan(15);
    expect([a.state.leads, b.state.leads]).toEqual([false, true]);
    expect(a.state.errors.length).toBeGreaterThan(0);
    for (const one of [a, b]) one.abort.abort();
    await Promise.all([a.running, b.running]);
  });

  it('does not believe clocks: a Lease of the past holds as long as it changes', async () => {
    const api = new FakeApi();
    const slow = candidate('slow', api, new ManualClock(Date.parse('2001-01-01T00:00:00Z')));
    await settle();
    const b = candidate('b', api, new ManualClock(Date.parse('2031-01-01T00:00:00Z')));
    for (let step = 0; step < 30; step++) {
      await slow.clock.advance(2000);
      await b.clock.advance(2000);
    }
    expect([slow.state.leads, b.state.leads]).toEqual([true, false]);
    await b.clock.advance(14_000);
    expect(b.state.leads).toBe(false);
    await b.clock.advance(4_000);
    expect(b.state.leads).toBe(true);
    await slow.clock.advance(2_000);
    expect(slow.state.leads).toBe(false);
    for (const one of [slow, b]) one.abort.abort();
    await Promise.all([slow.running, b.running]);
  });

  it('leads again after a term has ended', async () => {
    const api = new FakeApi();
    const a = candidate('a', api);
    await settle();
    a.state.connected = false;
    await a.clock.advance(12_000);
    expect(a.state.leads).toBe(false);
    a.state.connected = true;
    await a.clock.advance(3_000);
    expect(a.state.leads).toBe(true);
    expect(a.state.terms).toBe(2);
    a.abort.abort();
    await a.running;
  });

  it('throws what the work throws, after it has released the Lease', async () => {
    const api = new FakeApi();
    const client = new KubeClient(api);
    const options = { ...OPTIONS, identity: 'a', clock: new ManualClock() };
    const running = runAsLeader(
      client,
      options,
      () => Promise.reject(new Error('broken')),
      new AbortController().signal,
    );
    await expect(running).rejects.toThrow('broken');
    expect(lease(api)?.spec?.holderIdentity).toBe('');
  });

  it('refuses times that would let two work', async () => {
    const client = new KubeClient(new FakeApi());
    const options = { ...OPTIONS, identity: 'a', leaseDurationMs: 10_000 };
    await expect(runAsLeader(client, options, async () => {}, new AbortController().signal)).rejects.toThrow(
      RangeError,
    );
  });
});
