import assert from 'node:assert/strict';
import type { Change } from '../store.js';
import { assertFails, bytes, changesUntil, describeChange, putAll, type Behaviour } from './behaviour.js';

export const watchBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a watch from an old revision replays every change with what it replaced',
    async check(store) {
      const after = await store.revision();
      const one = await store.create('/a/1', bytes('one'));
      const changed = await store.update('/a/1', bytes('two'), one.revision);
      const deleted = await store.delete('/a/1', changed.revision);
      const again = await store.create('/a/1', bytes('again'));
      const changes = await changesUntil(store, { after, until: again.revision });
      assert.deepEqual(changes.map(describeChange), [
        'put /a/1=one',
        'put /a/1=two (was one)',
        'delete /a/1=two',
        'put /a/1=again',
      ]);
      const revisions = changes.map(({ entry }) => entry.revision);
      assert.deepEqual(revisions, [one.revision, changed.revision, deleted.revision, again.revision]);
      const [, update] = changes;
      assert.equal(update?.type === 'put' && update.previous?.revision, one.revision);
    },
  },
  {
    behaviour: 'a watch begins behind its revision',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2']);
      const after = await store.revision();
      await putAll(store, ['/a/3']);
      const changes = await changesUntil(store, { after, until: await store.revision() });
      assert.deepEqual(changes.map(describeChange), ['put /a/3=/a/3']);
    },
  },
  {
    behaviour: 'a watch sees its prefix only and hears how far the store is',
    async check(store) {
      const after = await store.revision();
      await putAll(store, ['/a/1', '/b/1', '/a0', '/a/2', '/b/2']);
      const changes = await changesUntil(store, { prefix: '/a/', after, until: await store.revision() });
      assert.deepEqual(changes.map(describeChange), ['put /a/1=/a/1', 'put /a/2=/a/2']);
    },
  },
  {
    behaviour: 'changes come while the watch waits, each as soon as it is written',
    async check(store) {
      const ending = new AbortController();
      const seen: string[] = [];
      const watch = store.watch('/a/', await store.revision(), ending.signal)[Symbol.asyncIterator]();
      for (const key of ['/a/1', '/a/2', '/a/3']) {
        const next = nextChanges(watch);
        await store.create(key, bytes('x'));
        seen.push(...(await next));
      }
      assert.deepEqual(seen, ['put /a/1=x', 'put /a/2=x', 'put /a/3=x']);
      ending.abort();
    },
  },
  {
    behaviour: 'ten watches see 200 writes of ten writers in the same order, once each',
    async check(store) {
      const after = await store.revision();
      const ending = new AbortController();
      const watch = async () => {
        const revisions: number[] = [];
        for await (const { changes } of store.watch('/a/', after, ending.signal)) {
          revisions.push(...changes.map(({ entry }) => entry.revision));
          if (revisions.length >= 200) return revisions;
        }
        return revisions;
      };
      const watches = Array.from({ length: 10 }, watch);
      const write = async (_: unknown, writer: number) => {
        for (let round = 0; round < 20; round++) await store.create(`/a/${writer}-${round}`, bytes('x'));
      };
      await Promise.all(Array.from({ length: 10 }, write));
      const { entries } = await store.list({ prefix: '/a/' });
      const written = entries.map(({ revision }) => revision).sort((a, b) => a - b);
      for (const seen of await Promise.all(watches)) assert.deepEqual(seen, written);
      ending.abort();
    },
  },
  {
    behaviour: 'a watch from a compacted revision is refused, from the floor it works',
    async check(store) {
      const after = await store.revision();
      await putAll(store, ['/a/1', '/a/2']);
      const floor = await store.revision();
      await putAll(store, ['/a/3']);
      await store.compact(floor);
      const until = await store.revision();
      const error = await assertFails('COMPACTED', () => changesUntil(store, { after, until }));
      assert.equal(error.revision, floor);
      const changes = await changesUntil(store, { after: floor, until });
      assert.deepEqual(changes.map(describeChange), ['put /a/3=/a/3']);
    },
  },
  {
    behaviour: 'a watch from a future revision sees what comes behind it',
    async check(store) {
      const after = (await store.revision()) + 2;
      const ending = new AbortController();
      const watching = (async () => {
        for await (const { changes } of store.watch('/a/', after, ending.signal)) {
          if (changes.length > 0) return changes.map(({ entry }) => entry.revision);
        }
        return [];
      })();
      await putAll(store, ['/a/1', '/a/2', '/a/3']);
      assert.deepEqual(await watching, [after + 1]);
      ending.abort();
    },
  },
  {
    behaviour: 'a watch ends with its signal, also when it is given already aborted',
    async check(store) {
      const ending = new AbortController();
      const watch = store.watch('/', await store.revision(), ending.signal)[Symbol.asyncIterator]();
      const waiting = watch.next();
      ending.abort();
      assert.equal((await waiting).done, true);
      const late = store.watch('/', await store.revision(), ending.signal)[Symbol.asyncIterator]();
      assert.equal((await late.next()).done, true);
    },
  },
  {
    behaviour: 'closing the store ends watches with an error, and other calls too',
    async check(store) {
      const watch = store.watch('/', await store.revision(), new AbortController().signal)[Symbol.asyncIterator]();
      const waiting = assertFails('CLOSED', () => watch.next());
      await store.close();
      await waiting;
      await assertFails('CLOSED', () => store.get('/a/1'));
      await assertFails('CLOSED', () => store.create('/a/1', bytes('x')));
      await assertFails('CLOSED', () => store.list({ prefix: '/' }));
      await store.close();
    },
  },
];

async function nextChanges(watch: AsyncIterator<{ changes: Change[] }>): Promise<string[]> {
  for (;;) {
    const next = await watch.next();
    if (next.done === true) return [];
    if (next.value.changes.length > 0) return next.value.changes.map(describeChange);
  }
}
