import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { MAX_VALUE_BYTES } from '../limits.js';
import type { Entry, Store, Write } from '../store.js';
import { assertFails, bytes, changesUntil, describeChange, listTexts, type Behaviour } from './behaviour.js';

const create = (key: string, text: string): Write => ({ type: 'create', key, value: bytes(text) });
const update = ({ key, revision }: Entry, text: string): Write => ({
  type: 'update',
  key,
  value: bytes(text),
  revision,
});
const remove = ({ key, revision }: Entry): Write => ({ type: 'delete', key, revision });

/** Three keys with a value each. */
async function three(store: Store): Promise<[Entry, Entry, Entry]> {
  return [
    await store.create('/a/1', bytes('one')),
    await store.create('/a/2', bytes('two')),
    await store.create('/a/3', bytes('three')),
  ];
}

export const commitBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a commit does all of its writes, and tells of each what it alone would',
    async check(store) {
      const [one, two] = await three(store);
      const done = await store.commit([update(two, 'changed'), remove(one), create('/a/4', 'four')]);
      assert.deepEqual(
        done.map(({ key, value }) => `${key}=${value.toString()}`),
        ['/a/2=changed', '/a/1=one', '/a/4=four'],
      );
      assert.deepEqual(await listTexts(store), ['/a/2=changed', '/a/3=three', '/a/4=four']);
      for (const entry of [done[0], done[2]] as Entry[]) assert.deepEqual(await store.get(entry.key), entry);
      assert.equal(await store.revision(), Math.max(...done.map(({ revision }) => revision)));
    },
  },
  {
    behaviour: 'a commit of which one write cannot be done changes nothing, and tells of which key',
    async check(store) {
      const [one, two] = await three(store);
      const newer = await store.update('/a/2', bytes('newer'), two.revision);
      const before = await store.revision();
      const cases: [Write, 'EXISTS' | 'CONFLICT'][] = [
        [create('/a/3', 'again'), 'EXISTS'],
        [update(two, 'late'), 'CONFLICT'],
        [remove(two), 'CONFLICT'],
        [update({ ...newer, key: '/a/5' }, 'absent'), 'CONFLICT'],
      ];
      for (const [refused, code] of cases) {
        for (const writes of [
          [update(one, 'changed'), refused, create('/a/4', 'four')],
          [refused, create('/a/4', 'four')],
        ]) {
          assert.equal((await assertFails(code, () => store.commit(writes))).key, refused.key);
        }
      }
      assert.deepEqual(await listTexts(store), ['/a/1=one', '/a/2=newer', '/a/3=three']);
      assert.equal(await store.revision(), before);
    },
  },
  {
    behaviour: 'no list shows a part of a commit, as of any revision that a reader can see',
    async check(store) {
      let pair = await store.commit([create('/a/1', '0'), create('/a/2', '0')]);
      let done = false;
      const read = async () => {
        while (!done) {
          const { entries, revision } = await store.list({ prefix: '/a/' });
          assert.equal(new Set(entries.map(({ value }) => value.toString())).size, 1);
          assert.equal(new Set((await listTexts(store, { revision })).map((text) => text.slice(5))).size, 1);
          await setImmediate();
        }
      };
      const readers = [read(), read()];
      for (let round = 1; round <= 20; round++) {
        pair = await store.commit(pair.map((entry) => update(entry, String(round))));
      }
      done = true;
      await Promise.all(readers);
      assert.deepEqual(await listTexts(store), ['/a/1=20', '/a/2=20']);
    },
  },
  {
    behaviour: 'watches see the writes of a commit in their order, with what they replaced',
    async check(store) {
      const [one, two] = await three(store);
      const after = await store.revision();
      await store.commit([create('/b/1', 'new'), update(two, 'changed'), remove(one)]);
      await store.create('/b/2', bytes('next'));
      const until = await store.revision();
      const changes = await changesUntil(store, { after, until });
      assert.deepEqual(changes.map(describeChange), [
        'put /b/1=new',
        'put /a/2=changed (was two)',
        'delete /a/1=one',
        'put /b/2=next',
      ]);
      const revisions = changes.map(({ entry }) => entry.revision);
      assert.deepEqual(
        revisions,
        revisions.toSorted((a, b) => a - b),
      );
      assert.ok((revisions[2] as number) < (revisions[3] as number));
      assert.deepEqual((await changesUntil(store, { prefix: '/b/', after, until })).map(describeChange), [
        'put /b/1=new',
        'put /b/2=next',
      ]);
    },
  },
  {
    behaviour: 'a large commit reaches a watch as a whole, also while it replaces large values',
    async check(store) {
      const keys = ['/a/1', '/a/2', '/a/3'];
      const value = (letter: string) => Buffer.alloc(Math.floor(MAX_VALUE_BYTES / 3), letter);
      const after = await store.revision();
      let entries = await store.commit(keys.map((key) => ({ type: 'create', key, value: value('0') })));
      for (const letter of ['1', '2']) {
        entries = await store.commit(
          entries.map(({ key, revision }) => ({ type: 'update', key, value: value(letter), revision })),
        );
      }
      const changes = await changesUntil(store, { after, until: await store.revision() });
      assert.deepEqual(
        changes.map(({ entry }) => `${entry.key}=${entry.value.subarray(0, 1).toString()}`),
        ['0', '1', '2'].flatMap((letter) => keys.map((key) => `${key}=${letter}`)),
      );
    },
  },
  {
    behaviour: 'of 20 commits of the same pair at the same time one succeeds',
    async check(store) {
      const pair = await store.commit([create('/a/1', 'old'), create('/a/2', 'old')]);
      const attempts = Array.from({ length: 20 }, (_, at) => {
        const order = at % 2 === 0 ? pair : pair.toReversed();
        return store.commit(order.map((entry) => update(entry, String(at))));
      });
      const results = await Promise.allSettled(attempts);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.deepEqual(await listTexts(store), [`/a/1=${winner}`, `/a/2=${winner}`]);
    },
  },
  {
    behaviour: 'a commit whose values are together what one must not be is refused',
    async check(store) {
      const half = Buffer.alloc(MAX_VALUE_BYTES / 2 + 1);
      const writes = ['/a/1', '/a/2'].map((key) => ({ type: 'create', key, value: half }) as const);
      await assertFails('TOO_LARGE', () => store.commit(writes));
      assert.deepEqual(await listTexts(store), []);
    },
  },
  {
    behaviour: 'a commit that writes a key twice is refused',
    async check(store) {
      await assert.rejects(async () => store.commit([create('/a/1', 'one'), create('/a/1', 'two')]), RangeError);
      assert.deepEqual(await listTexts(store), []);
    },
  },
];
