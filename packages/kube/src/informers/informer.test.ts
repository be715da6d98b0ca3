import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.js';
import { KubeClient } from '../client/kube-client.js';
import { UnreachableError } from '../client/transport.js';
import type { KubeObject } from '../object.js';
import { FakeApi } from '../testing/fake-api.js';
import { ManualClock, settle } from '../testing/manual-clock.js';
import { Informer } from './informer.js';

const THINGS = { group: '', version: 'v1', resource: 'things' };
const aborts: AbortController[] = [];

afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});

function start(api = new FakeApi()) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const client = new KubeClient(api, { clock, retry: { attempts: 1 } });
  const informer = new Informer(client, THINGS, {
    clock,
    random: () => 0,
    onError: (error) => errors.push(error),
    indexers: { color: (object) => (typeof object['color'] === 'string' ? [object['color']] : []) },
  });
  const seen: string[] = [];
  const note = (what: string) => (object: KubeObject) => void seen.push(`${what} ${object.metadata.name}`);
  informer.addHandler({ add: note('add'), update: note('update'), delete: note('delete') });
  const abort = new AbortController();
  aborts.push(abort);
  const running = informer.run(abort.signal);
  return { api, clock, errors, informer, seen, abort, running };
}

const lists = (api: FakeApi) => api.requests.filter(({ query }) => query?.get('watch') !== 'true').length;

describe('Informer', () => {
  it('lists, then follows', async () => {
    const api = new FakeApi();
    api.put('a');
    const { informer, seen } = start(api);
    expect(informer.hasSynced).toBe(false);
    await settle();
    expect(informer.hasSynced).toBe(true);
    await informer.untilSynced(new AbortController().signal);
    api.put('b');
    api.put('a');
    api.remove('b');
    await settle();
    expect(seen).toEqual(['add a', 'add b', 'update a', 'delete b']);
    expect(informer.cache.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(informer.cache.get('ns/a')?.kind).toBe('Thing');
    expect(informer.resourceVersion).toBe('4');
  });

  it('finds objects by index, also after they change', async () => {
    const { api, informer } = start();
    api.put('a', { color: 'red' });
    api.put('b', { color: 'red' });
    await settle();
    api.put('a', { color: 'blue' });
    api.remove('b');
    await settle();
    expect(informer.cache.byIndex('color', 'red')).toEqual([]);
    expect(informer.cache.byIndex('color', 'blue').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(() => informer.cache.byIndex('size', '1')).toThrow(TypeError);
  });

  it('tells a late handler of what is there', async () => {
    const { api, informer } = start();
    api.put('a');
    await settle();
    const seen: string[] = [];
    informer.addHandler({ add: ({ metadata }) => void seen.push(metadata.name ?? '') });
    expect(seen).toEqual(['a']);
  });

  it('resumes where a watch ended, by bookmarks too', async () => {
    const { api, clock, seen } = start();
    await settle();
    api.put('a');
    api.bookmark();
    await settle();
    api.endWatches();
    await settle();
    api.put('b');
    await clock.advance(1000);
    expect(seen).toEqual(['add a', 'add b']);
    expect(lists(api)).toBe(1);
    const watches = api.requests.filter(({ query }) => query?.get('watch') === 'true');
    expect(watches.map(({ query }) => query?.get('resourceVersion'))).toEqual(['0', '2']);
    expect(watches[0]?.query?.get('allowWatchBookmarks')).toBe('true');
  });

  it('lists again when the server forgot the place, and tells what changed in the gap', async () => {
    const { api, clock, seen, informer, errors } = start();
    for (const name of ['a', 'b', 'c']) api.put(name);
    await settle();
    seen.splice(0);
    api.endWatches();
    await settle();
    api.put('b');
    api.remove('c');
    api.put('d');
    api.compact();
    await clock.advance(10_000);
    expect(seen.sort()).toEqual(['add d', 'delete c', 'update b']);
    expect(lists(api)).toBe(2);
    expect(errors).toEqual([expect.objectContaining({ reason: 'Expired' })]);
    expect(informer.cache.size).toBe(3);
  });

  it('waits longer and longer while the server fails, and goes on when it is back', async () => {
    const api = new FakeApi();
    api.put('a');
    api.failures.push(...Array.from({ length: 20 }, () => new UnreachableError('down')));
    const { clock, errors, informer } = start(api);
    const times: number[] = [];
    for (let last = 0; !informer.hasSynced;) {
      await settle();
      if (errors.length > last) times.push(clock.now());
      last = errors.length;
      await clock.advance(200);
    }
    const waits = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(errors).toHaveLength(20);
    expect(waits[0]).toBeLessThanOrEqual(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_200);
    expect(waits.at(-1)).toBeGreaterThan(10_000);
  });

  it('goes on after an error of the API', async () => {
    const api = new FakeApi();
    api.failures.push(new ApiError('Forbidden', 'no'));
    const { clock, informer, errors } = start(api);
    await clock.advance(1000);
    expect(informer.hasSynced).toBe(true);
    expect(errors).toHaveLength(1);
  });

  it('ends with its signal, and ends its watch', async () => {
    const { api, abort, running } = start();
    await settle();
    expect(api.watching).toBe(1);
    abort.abort();
    await running;
    await settle();
    expect(api.watching).toBe(0);
  });

  it('lets go who waits for it when their time is up', async () => {
    const api = new FakeApi();
    api.failures.push(new UnreachableError('down'));
    const { informer } = start(api);
    await expect(informer.untilSynced(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
    const abort = new AbortController();
    const waiting = informer.untilSynced(abort.signal);
    abort.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
  });

  it('holds what the server holds, whatever happens in between', async () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), name: names }),
      fc.record({ do: fc.constant('remove' as const), name: names }),
      fc.record({ do: fc.constantFrom('end', 'compact', 'fail', 'bookmark', 'wait'), name: names }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { api, clock, informer, abort, running, seen } = start();
        for (const { do: action, name } of steps) {
          if (action === 'put') api.put(name);
          else if (action === 'remove') api.remove(name);
          else if (action === 'end') api.endWatches();
          else if (action === 'compact') api.compact();
          else if (action === 'fail') api.failures.push(new UnreachableError('down'));
          else if (action === 'bookmark') api.bookmark();
          else await clock.advance(500);
        }
        await clock.advance(300_000);
        const held = informer.cache.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
        const there = [...api.objects.values()].map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
        expect(held.sort()).toEqual(there.sort());
        const balance = new Map<string, number>();
        for (const [what, name] of seen.map((line) => line.split(' ') as [string, string])) {
          balance.set(name, (balance.get(name) ?? 0) + (what === 'add' ? 1 : what === 'delete' ? -1 : 0));
        }
        for (const [name, count] of balance) expect(count).toBe(api.objects.has(name) ? 1 : 0);
        abort.abort();
        await running;
      }),
      { numRuns: 30 },
    );
  });
});
