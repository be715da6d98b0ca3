import { freePort, startEtcd, temporaryFolder, type RunningEtcd } from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeStore } from '../conformance.js';
import { changesUntil } from '../conformance/behaviour.js';
import type { Store } from '../store.js';
import { openEtcdStore, type EtcdStoreOptions } from './etcd-store.js';

let etcd: RunningEtcd;
let prefixes = 0;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(options: Partial<EtcdStoreOptions> = {}): Promise<Store> {
  const prefix = `/test-${prefixes++}`;
  const store = await openEtcdStore({ endpoints: [etcd.url], prefix, compactAfter: 0, ...options });
  ends.push(() => store.close());
  return store;
}

async function start(options?: Parameters<typeof startEtcd>[0]): Promise<RunningEtcd> {
  const started = await startEtcd(options);
  ends.push(() => started.stop());
  return started;
}

describeStore(
  'etcd',
  async () => {
    const prefix = `/conformance-${prefixes++}`;
    let store = await open({ prefix });
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await open({ prefix }));
      },
      end: () => store.close(),
    };
  },
  { describe, it },
);

const value = Buffer.from('value');

describe('an etcd store', () => {
  it('sees nothing of its neighbours in the same etcd', async () => {
    const after = await (await open()).revision();
    const [store, other] = [await open({ prefix: '/a' }), await open({ prefix: '/ab' })];
    await other.create('/x', value);
    const { revision } = await store.create('/x', value);
    expect(await store.count('')).toBe(1);
    expect((await store.list({ prefix: '' })).entries.map(({ key }) => key)).toEqual(['/x']);
    expect(await changesUntil(store, { prefix: '', after, until: revision })).toHaveLength(1);
  });

  it('lists more than etcd is asked for at once', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 2_100 }, (_, at) => store.create(`/a/${at}`, value)));
    const { entries, more } = await store.list({ prefix: '/a/' });
    expect([entries.length, more]).toEqual([2_100, false]);
    const page = await store.list({ prefix: '/a/', limit: 1_500 });
    expect([page.entries.length, page.more, page.remaining]).toEqual([1_500, true, 600]);
  });

  it('goes on watching, without gap or duplicate, when etcd was killed and came back', async () => {
    const [folder, port] = [temporaryFolder('etcd'), await freePort()];
    const first = await start({ folder, port });
    const store = await open({ endpoints: [first.url] });
    const ending = new AbortController();
    const watch = store.watch('/', await store.revision(), ending.signal)[Symbol.asyncIterator]();
    const seen: number[] = [];
    const take = async () => {
      const next = await watch.next();
      if (next.done !== true) seen.push(...next.value.changes.map(({ entry }) => entry.revision));
    };
    const written = [(await store.create('/a/1', value)).revision];
    await take();
    await first.process.kill9();
    await expect(store.create('/a/2', value)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await start({ folder, port });
    for (const key of ['/a/3', '/a/4']) written.push((await store.create(key, value)).revision);
    while (seen.length < 3) await take();
    ending.abort();
    expect(seen).toEqual(written);
  });

  it('takes another endpoint when one cannot be reached', async () => {
    const store = await open({ endpoints: [`http://127.0.0.1:${await freePort()}`, etcd.url] });
    await store.create('/a/1', value);
    expect((await store.get('/a/1'))?.value).toEqual(value);
  });

  it('tells that etcd is full, and what is there can still be read', async () => {
    const { url } = await start({ args: ['--quota-backend-bytes', String(4 * 2 ** 20)] });
    const store = await open({ endpoints: [url] });
    const large = Buffer.alloc(512 * 1024, 'v');
    let written = 0;
    const fill = async () => {
      for (; ; written++) await store.create(`/a/${written}`, large);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'FULL' });
    // etcd does the write that exceeds its limit, and refuses it, when it hears of the size only while it writes.
    expect([written, written + 1]).toContain(await store.count('/a/'));
    expect((await store.get('/a/0'))?.value.equals(large)).toBe(true);
  });

  it('logs in, and again when its token is not taken any more', async () => {
    const [folder, port] = [temporaryFolder('etcd'), await freePort()];
    const { url, process } = await start({ folder, port });
    const post = (path: string, body: object) => fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    await post('/v3/auth/user/add', { name: 'root', password: 'secret' });
    await post('/v3/auth/role/add', { name: 'root' });
    await post('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await post('/v3/auth/enable', {});
    await expect(open({ endpoints: [url] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const user = { name: 'root', password: 'wrong' };
    await expect(open({ endpoints: [url], user })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const store = await open({ endpoints: [url], user: { ...user, password: 'secret' } });
    await store.create('/a/1', value);
    await process.kill9();
    await start({ folder, port });
    expect((await store.get('/a/1'))?.value).toEqual(value);
  });

  it('does not open when there is no etcd', async () => {
    const endpoints = [`http://127.0.0.1:${await freePort()}`];
    await expect(openEtcdStore({ endpoints, prefix: '/x' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(openEtcdStore({ endpoints: ['127.0.0.1:2379'], prefix: '/x' })).rejects.toThrow('begins with http');
  });
});
