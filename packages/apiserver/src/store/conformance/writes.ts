import assert from 'node:assert/strict';
import type { Entry } from '../store.js';
import { assertFails, bytes, listTexts, type Behaviour } from './behaviour.js';

const KEY = '/core/configmaps/default/a';

export const writeBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'an empty store has a revision above 0, which reads leave as it is',
    async check(store) {
      const revision = await store.revision();
      assert.ok(revision > 0);
      assert.equal(await store.get(KEY), undefined);
      assert.equal(await store.revision(), revision);
    },
  },
  {
    behaviour: 'what is created can be read, byte by byte',
    async check(store) {
      const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const created = await store.create(KEY, value);
      assert.deepEqual(created, { key: KEY, value, revision: created.revision });
      assert.deepEqual(await store.get(KEY), created);
      assert.equal(await store.revision(), created.revision);
    },
  },
  {
    behaviour: 'an empty value is a value',
    async check(store) {
      await store.create(KEY, Buffer.alloc(0));
      assert.equal((await store.get(KEY))?.value.length, 0);
    },
  },
  {
    behaviour: 'creating what exists fails and changes nothing',
    async check(store) {
      const created = await store.create(KEY, bytes('one'));
      await assertFails('EXISTS', () => store.create(KEY, bytes('two')));
      assert.deepEqual(await store.get(KEY), created);
      assert.equal(await store.revision(), created.revision);
    },
  },
  {
    behaviour: 'an update replaces the revision that it names',
    async check(store) {
      const { revision } = await store.create(KEY, bytes('one'));
      const updated = await store.update(KEY, bytes('two'), revision);
      assert.ok(updated.revision > revision);
      assert.deepEqual(await store.get(KEY), updated);
      await assertFails('CONFLICT', () => store.update(KEY, bytes('three'), revision));
      await assertFails('CONFLICT', () => store.update(KEY, bytes('three'), updated.revision + 1));
      assert.deepEqual(await store.get(KEY), updated);
    },
  },
  {
    behaviour: 'an update of what is absent fails',
    async check(store) {
      await assertFails('CONFLICT', () => store.update(KEY, bytes('one'), 0));
      await assertFails('CONFLICT', async () => store.update(KEY, bytes('one'), await store.revision()));
    },
  },
  {
    behaviour: 'a deletion has a revision of its own and tells the last value',
    async check(store) {
      const { revision } = await store.create(KEY, bytes('one'));
      await assertFails('CONFLICT', () => store.delete(KEY, revision + 1));
      const deleted = await store.delete(KEY, revision);
      assert.equal(deleted.key, KEY);
      assert.equal(deleted.value.toString(), 'one');
      assert.ok(deleted.revision > revision);
      assert.equal(await store.revision(), deleted.revision);
      assert.equal(await store.get(KEY), undefined);
      await assertFails('CONFLICT', () => store.delete(KEY, revision));
    },
  },
  {
    behaviour: 'what was deleted can be created again, with a later revision',
    async check(store) {
      const { revision } = await store.create(KEY, bytes('one'));
      const deleted = await store.delete(KEY, revision);
      const again = await store.create(KEY, bytes('two'));
      assert.ok(again.revision > deleted.revision);
      await assertFails('CONFLICT', () => store.update(KEY, bytes('three'), revision));
    },
  },
  {
    behaviour: 'of 20 creations of one key at the same time one succeeds',
    async check(store) {
      const attempts = Array.from({ length: 20 }, (_, at) => store.create(KEY, bytes(String(at))));
      const results = await Promise.allSettled(attempts);
      const winners = results.filter((result) => result.status === 'fulfilled');
      assert.equal(winners.length, 1);
      assert.deepEqual(await store.get(KEY), (winners[0] as PromiseFulfilledResult<Entry>).value);
    },
  },
  {
    behaviour: '20 counters that raise one number 5 times each by compare and set lose nothing',
    async check(store) {
      await store.create(KEY, bytes('0'));
      const raise = async () => {
        for (let done = 0; done < 5;) {
          const { value, revision } = (await store.get(KEY)) as Entry;
          const raised = store.update(KEY, bytes(String(Number(value.toString()) + 1)), revision);
          done += await raised.then(
            () => 1,
            () => 0,
          );
        }
      };
      await Promise.all(Array.from({ length: 20 }, raise));
      assert.deepEqual(await listTexts(store), [`${KEY}=100`]);
    },
  },
  {
    behaviour: '100 writes at the same time have 100 revisions, and each is there when it resolves',
    async check(store) {
      const revisions = await Promise.all(
        Array.from({ length: 100 }, async (_, at) => {
          const created = await store.create(`/core/configmaps/default/${at}`, bytes('x'));
          assert.deepEqual(await store.get(created.key), created);
          return created.revision;
        }),
      );
      assert.equal(new Set(revisions).size, 100);
      assert.equal(Math.max(...revisions), await store.revision());
    },
  },
];
