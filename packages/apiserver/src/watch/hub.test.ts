import { temporaryFolder } from '@longshore/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLmdbStore } from '../store/lmdb/lmdb-store.js';
import { StoreError, type Store } from '../store/store.js';
import { startWatchHub, type WatchHub, type WatchHubOptions } from './hub.js';

const value = Buffer.from('value');
let store: Store;
const hubs: WatchHub[] = [];

beforeEach(async () => {
  store = await openLmdbStore({ path: temporaryFolder('hub') });
});
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
  await store.close();
});

async function start(options?: WatchHubOptions, from = store): Promise<WatchHub> {
  const hub = await startWatchHub(from, options);
  hubs.push(hub);
  return hub;
}

/** Keys of the first `count` changes in the scope. */
async function follow(hub: WatchHub, scope: string, after: number, count: number): Promise<string[]> {
  const ending = new AbortController();
  const keys: string[] = [];
  for await (const { changes } of hub.watch({ scope, after, signal: ending.signal })) {
    keys.push(...changes.map(({ entry }) => entry.key));
    if (keys.length >= count) ending.abort();
  }
  return keys;
}

const createAll = async (keys: string[]) => {
  for (const key of keys) await store.create(key, value);
};
const keysOf = (count: number) => Array.from({ length: count }, (_, at) => `/core/pods/a/${at}`);

it('gives 200 watchers every change of 300 writes at the same time, in one order', async () => {
  const hub = await start();
  const after = await store.revision();
  const watchers = Array.from({ length: 200 }, () => follow(hub, '/core/pods/', after, 300));
  await Promise.all(keysOf(300).map((key) => store.create(key, value)));
  const [first, ...others] = await Promise.all(watchers);
  expect(new Set(first)).toEqual(new Set(keysOf(300)));
  for (const other of others) expect(other).toEqual(first);
});

it.each<[string, string[]]>([
  ['', ['/core/pods/a/x', '/core/pods/a/xy', '/core/pods/b/x', '/core/podtemplates/a/x', '/apps/pods/a/x']],
  ['/core/pods/', ['/core/pods/a/x', '/core/pods/a/xy', '/core/pods/b/x']],
  ['/core/pods/a/', ['/core/pods/a/x', '/core/pods/a/xy']],
  ['/core/pods/a/x', ['/core/pods/a/x']],
])('a watcher of %j sees %j', async (scope, expected) => {
  const hub = await start();
  const after = await store.revision();
  const waiting = follow(hub, scope, after, expected.length);
  await createAll(['/core/pods/a/x', '/core/pods/a/xy', '/core/pods/b/x', '/core/podtemplates/a/x', '/apps/pods/a/x']);
  expect(await waiting).toEqual(expected);
  expect(await follow(hub, scope, after, expected.length)).toEqual(expected);
});

it('shares what one watcher has made of a change', async () => {
  const hub = await start();
  const after = await store.revision();
  let made = 0;
  const encode = async () => {
    for await (const { changes } of hub.watch({ scope: '', after, signal: new AbortController().signal })) {
      const [change] = changes;
      return change?.shared('text', () => Buffer.from(`${change.entry.key} ${++made}`));
    }
    return undefined;
  };
  const watchers = [encode(), encode()];
  await createAll(['/core/pods/a/0']);
  const [first, second] = await Promise.all(watchers);
  expect(first?.toString()).toBe('/core/pods/a/0 1');
  expect(second).toBe(first);
});

it('reads what it has not in memory from the store, before it started and behind its limits', async () => {
  const after = await store.revision();
  await createAll(keysOf(10));
  const hub = await start({ recent: { changes: 3, bytes: 1000 } });
  expect(await follow(hub, '/core/pods/', after, 10)).toEqual(keysOf(10));
  const ending = new AbortController();
  const slow = hub.watch({ scope: '', after, signal: ending.signal })[Symbol.asyncIterator]();
  const seen: string[] = [];
  const take = async () => {
    const next = await slow.next();
    if (next.done !== true) seen.push(...next.value.changes.map(({ entry }) => entry.key));
  };
  await take();
  await createAll(['/a', '/b', '/c', '/d', '/e', '/f', '/g']);
  while (seen.length < 17) await take();
  expect(seen).toEqual([...keysOf(10), '/a', '/b', '/c', '/d', '/e', '/f', '/g']);
  ending.abort();
});

it('a quiet watcher is not sent back to the store by what others write', async () => {
  const hub = await start({ recent: { changes: 2, bytes: 1000 } });
  const after = await store.revision();
  const quiet = follow(hub, '/core/secrets/', after, 1);
  await createAll(keysOf(20));
  await store.compact(await store.revision());
  await createAll(['/core/secrets/a']);
  expect(await quiet).toEqual(['/core/secrets/a']);
});

it('drops a watcher that needs what the store has forgotten', async () => {
  const after = await store.revision();
  await createAll(keysOf(3));
  await store.compact(await store.revision());
  const hub = await start();
  await expect(follow(hub, '', after, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
});

it('tells its progress where nothing happens that concerns the watcher', async () => {
  const hub = await start();
  const after = await store.revision();
  await createAll(keysOf(3));
  await follow(hub, '', after, 3);
  const watch = hub.watch({ scope: '/other/', after, progressEvery: 1, signal: new AbortController().signal });
  for await (const { changes, revision } of watch) {
    expect(changes).toEqual([]);
    expect(revision).toBe(await store.revision());
    break;
  }
});

it('ends with the signal, and with an error when the hub or the store is closed', async () => {
  const hub = await start();
  const after = await store.revision();
  const ending = new AbortController();
  const watch = hub.watch({ scope: '', after, signal: ending.signal })[Symbol.asyncIterator]();
  const next = watch.next();
  ending.abort();
  expect((await next).done).toBe(true);
  const waiting = expect(follow(hub, '', after, 1)).rejects.toMatchObject({ code: 'CLOSED' });
  await hub.close();
  await waiting;
  const other = await start();
  const waitingForStore = expect(follow(other, '', after, 1)).rejects.toMatchObject({ code: 'CLOSED' });
  await store.close();
  await waitingForStore;
});

/** The store, but that each watch of everything breaks off with the error after its first batch. */
function breaking(error: () => Promise<StoreError>): Store {
  return {
    revision: () => store.revision(),
    watch: async function* (prefix: string, after: number, signal: AbortSignal) {
      for await (const batch of store.watch(prefix, after, signal)) {
        yield batch;
        if (prefix === '') throw await error();
      }
    },
  } as unknown as Store;
}

it('goes on where it was when the store could not be followed for a while', async () => {
  const failures: unknown[] = [];
  const error = new StoreError('UNAVAILABLE', 'gone for a while');
  const hub = await start(
    { onFailure: (failure) => failures.push(failure) },
    breaking(() => Promise.resolve(error)),
  );
  const watcher = follow(hub, '/core/pods/', await store.revision(), 3);
  await createAll(keysOf(3));
  expect(await watcher).toEqual(keysOf(3));
  expect(failures).toContain(error);
});

it('lets no watcher miss what it missed itself', async () => {
  const hub = await start(
    {},
    breaking(async () => {
      await createAll(['/core/pods/b/0', '/core/pods/b/1']);
      return new StoreError('COMPACTED', 'forgotten', await store.revision());
    }),
  );
  const watcher = follow(hub, '/core/pods/', await store.revision(), 3);
  await createAll(['/core/pods/a/0']);
  expect(await watcher).toEqual(['/core/pods/a/0', '/core/pods/b/0', '/core/pods/b/1']);
});
