import assert from 'node:assert/strict';
import { assertFails, bytes, listTexts, putAll, type Behaviour } from './behaviour.js';

export const historyBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a list at an old revision shows what was created, changed and deleted since as it was',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2', '/a/3']);
      const { revision } = await store.list({ prefix: '/a/' });
      const before = await store.list({ prefix: '/a/', revision });
      await store.create('/a/0', bytes('new'));
      await store.delete('/a/2', before.entries[1]?.revision ?? 0);
      await store.update('/a/3', bytes('changed'), before.entries[2]?.revision ?? 0);
      await store.create('/a/4', bytes('new'));
      assert.deepEqual(await store.list({ prefix: '/a/', revision }), before);
      assert.deepEqual(await listTexts(store, { prefix: '/a/' }), [
        '/a/0=new',
        '/a/1=/a/1',
        '/a/3=changed',
        '/a/4=new',
      ]);
    },
  },
  {
    behaviour: 'each state of a key that changed often can be listed',
    async check(store) {
      let { revision } = await store.create('/a/1', bytes('0'));
      const states = [{ revision, text: '0' }];
      for (let round = 1; round < 6; round++) {
        ({ revision } = await store.update('/a/1', bytes(String(round)), revision));
        states.push({ revision, text: String(round) });
      }
      const deleted = await store.delete('/a/1', revision);
      const again = await store.create('/a/1', bytes('again'));
      for (const state of states) {
        assert.deepEqual(await listTexts(store, { revision: state.revision }), [`/a/1=${state.text}`]);
      }
      assert.deepEqual(await listTexts(store, { revision: deleted.revision }), []);
      assert.deepEqual(await listTexts(store, { revision: again.revision }), ['/a/1=again']);
    },
  },
  {
    behaviour: 'pages of one revision stay one state while the store changes between them',
    async check(store) {
      const keys = Array.from({ length: 20 }, (_, at) => `/a/${String(at).padStart(2, '0')}`);
      await putAll(store, keys);
      const seen: string[] = [];
      let page = await store.list({ prefix: '/a/', limit: 3 });
      for (let round = 0; ; round++) {
        seen.push(...page.entries.map(({ key, value }) => `${key}=${value.toString()}`));
        if (!page.more) break;
        await store.create(`/a/${String(round).padStart(2, '0')}x`, bytes('new'));
        const last = (await store.list({ prefix: '/a/' })).entries.at(-1);
        await store.delete(last?.key ?? '', last?.revision ?? 0);
        const after = page.entries.at(-1)?.key ?? '';
        page = await store.list({ prefix: '/a/', limit: 3, after, revision: page.revision });
      }
      assert.deepEqual(
        seen,
        keys.map((key) => `${key}=${key}`),
      );
    },
  },
  {
    behaviour: 'what is compacted is refused with the oldest revision; the rest stays',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2']);
      const first = await store.revision();
      await putAll(store, ['/a/3', '/a/4']);
      const floor = await store.revision();
      await putAll(store, ['/a/5']);
      await store.compact(floor);
      const error = await assertFails('COMPACTED', () => store.list({ prefix: '/a/', revision: first }));
      assert.equal(error.revision, floor);
      assert.equal((await store.list({ prefix: '/a/', revision: floor })).entries.length, 4);
      assert.equal((await store.list({ prefix: '/a/' })).entries.length, 5);
    },
  },
  {
    behaviour: 'compacting the same again does nothing, compacting the future is refused',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2']);
      const revision = await store.revision();
      await store.compact(revision);
      await store.compact(revision);
      await store.compact(revision - 1);
      await assertFails('FUTURE_REVISION', () => store.compact(revision + 1000));
      assert.deepEqual(await listTexts(store), ['/a/1=/a/1', '/a/2=/a/2']);
    },
  },
];
