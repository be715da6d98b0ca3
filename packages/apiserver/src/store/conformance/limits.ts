import assert from 'node:assert/strict';
import { MAX_VALUE_BYTES } from '../limits.js';
import { MAX_KEY_BYTES } from '../store.js';
import { assertFails, bytes, type Behaviour } from './behaviour.js';

const longest = `/a/${'ä'.repeat((MAX_KEY_BYTES - 4) / 2)}x`;

export const limitBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'the longest key works everywhere, a longer one is refused',
    async check(store) {
      assert.equal(Buffer.byteLength(longest), MAX_KEY_BYTES);
      const created = await store.create(longest, bytes('one'));
      await store.update(longest, bytes('two'), created.revision);
      const { entries } = await store.list({ prefix: '/a/', revision: created.revision });
      assert.deepEqual(entries, [created]);
      await assertFails('TOO_LARGE', () => store.create(`${longest}x`, bytes('one')));
      assert.equal(await store.get(`${longest}x`), undefined);
    },
  },
  {
    behaviour: 'keys that are too long are looked for in vain, and have their place in the order',
    async check(store) {
      const [first, last] = [
        await store.create(`/a/${'x'.repeat(900)}`, bytes('1')),
        await store.create('/a/y', bytes('2')),
      ];
      for (const length of [MAX_KEY_BYTES, 2000, 16_000]) {
        const long = `/a/${'x'.repeat(length)}`;
        assert.equal(await store.get(long), undefined);
        assert.equal(await store.count(long), 0);
        assert.deepEqual((await store.list({ prefix: long, revision: first.revision })).entries, []);
        assert.deepEqual((await store.list({ prefix: '/a/', after: long })).entries, [last]);
        assert.deepEqual((await store.list({ prefix: '/a/', after: long, revision: first.revision })).entries, []);
      }
    },
  },
  {
    behaviour: 'the largest value works, a larger one is refused',
    async check(store) {
      const largest = Buffer.alloc(MAX_VALUE_BYTES, 'v');
      const { revision } = await store.create('/a/1', largest);
      assert.equal((await store.get('/a/1'))?.value.equals(largest), true);
      const larger = Buffer.alloc(MAX_VALUE_BYTES + 1);
      await assertFails('TOO_LARGE', () => store.update('/a/1', larger, revision));
      await assertFails('TOO_LARGE', () => store.create('/a/2', larger));
    },
  },
];
