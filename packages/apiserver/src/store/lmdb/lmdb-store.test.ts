import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, temporaryFolder } from '@longshore/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { describeStore } from '../conformance.js';
import { changesUntil } from '../conformance/behaviour.js';
import type { Store } from '../store.js';
import { openLmdbStore, type LmdbStoreOptions } from './lmdb-store.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(options: Partial<LmdbStoreOptions> = {}): Promise<Store> {
  const store = await openLmdbStore({ path: temporaryFolder('lmdb'), ...options });
  ends.push(() => store.close());
  return store;
}

describeStore(
  'lmdb',
  async () => {
    const path = temporaryFolder('lmdb');
    const open = () => openLmdbStore({ path });
    let store = await open();
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await open());
      },
      end: () => store.close(),
    };
  },
  { describe, it },
);

const value = Buffer.from('value');
const putMany = async (store: Store, from: number, to: number) => {
  for (let at = from; at < to; at++) await store.create(`/a/${String(at).padStart(6, '0')}`, value);
};
const isRemembered = (store: Store, revision: number) =>
  store.list({ prefix: '/', revision }).then(
    () => true,
    () => false,
  );

describe('the files of an LMDB store', () => {
  it('can be read by their owner only, also when they could be read by others before', async () => {
    const path = temporaryFolder('lmdb');
    const store = await openLmdbStore({ path });
    await store.close();
    for (const name of ['data.mdb', 'lock.mdb']) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  });

  it('are open once at a time', async () => {
    const path = temporaryFolder('lmdb');
    const store = await open({ path });
    await expect(openLmdbStore({ path })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the store in ${path} is open in another process: end that one first, or choose another folder`,
    });
    await store.close();
    await (await openLmdbStore({ path })).close();
  });
});

describe('the history of an LMDB store', () => {
  it('keeps young changes and the latest ones, and forgets what is both old and many changes ago', async () => {
    let time = 0;
    const store = await open({ now: () => time, history: { changes: 10, age: 1_000 } });
    const first = await store.revision();
    await putMany(store, 0, 50);
    expect(await isRemembered(store, first)).toBe(true);
    time = 1_001;
    await putMany(store, 50, 51);
    const newest = await store.revision();
    expect(await isRemembered(store, newest - 10)).toBe(true);
    expect(await isRemembered(store, newest - 11)).toBe(false);
    expect((await store.list({ prefix: '/' })).entries).toHaveLength(51);
  });

  it('is never longer than its limit', async () => {
    const store = await open({ history: { changes: 10, most: 30 } });
    await putMany(store, 0, 100);
    const newest = await store.revision();
    expect(await isRemembered(store, newest - 30)).toBe(true);
    expect(await isRemembered(store, newest - 31)).toBe(false);
  });

  it('replays changes whose first values are forgotten', async () => {
    const store = await open({ history: { changes: 2, age: 0 } });
    let { revision } = await store.create('/a/1', Buffer.from('0'));
    for (let round = 1; round <= 5; round++) {
      ({ revision } = await store.update('/a/1', Buffer.from(String(round)), revision));
    }
    const changes = await changesUntil(store, { after: revision - 2, until: revision });
    const told = changes.map((change) => change.type === 'put' && [change.previous?.value, change.entry.value].join());
    expect(told).toEqual(['3,4', '4,5']);
  });
});

describe('a full LMDB store', () => {
  it('refuses new values, keeps what is there, and goes on when something was deleted', async () => {
    const store = await open({ maxBytes: 256 * 1024, history: { changes: 0, age: 0 } });
    const large = Buffer.alloc(32 * 1024, 'v');
    const written: { key: string; revision: number }[] = [];
    await expect(
      (async () => {
        for (let at = 0; ; at++) written.push(await store.create(`/a/${at}`, large));
      })(),
    ).rejects.toMatchObject({ code: 'FULL' });
    expect(written.length).toBeGreaterThan(3);
    expect((await store.list({ prefix: '/' })).entries).toHaveLength(written.length);
    for (const { key, revision } of written) await store.delete(key, revision);
    await store.compact(await store.revision());
    await store.create('/a/again', large);
  });

  it('is told of the disk too, and what was acknowledged is there after a restart', async () => {
    const disk = temporaryFolder('small-disk');
    await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'longshore-test', disk]).catch((cause: unknown) => {
      throw new Error('this test mounts a small file system of its own: run it as root', { cause });
    });
    ends.push(() => runProgram('umount', [disk], { mayFail: true }));
    const path = join(disk, 'store');
    let store = await openLmdbStore({ path });
    ends.push(() => store.close());
    const written: string[] = [];
    const fill = async () => {
      for (let at = 0; ; at++) {
        const { key } = await store.create(`/a/${String(at).padStart(4, '0')}`, Buffer.alloc(20_000, 'v'));
        written.push(key);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'FULL', message: `the disk of ${path} is full` });
    expect(written.length).toBeGreaterThan(5);
    const keys = async () => (await store.list({ prefix: '/' })).entries.map(({ key }) => key);
    expect(await keys()).toEqual(written);
    await store.close();
    await runProgram('mount', ['-o', 'remount,size=4m', disk]);
    store = await openLmdbStore({ path });
    expect(await keys()).toEqual(written);
    await store.create('/a/again', value);
  });
});
