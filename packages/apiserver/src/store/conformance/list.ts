import assert from 'node:assert/strict';
import type { Page } from '../store.js';
import { assertFails, bytes, listTexts, putAll, type Behaviour } from './behaviour.js';

export const listBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'an empty list has the revision of the store',
    async check(store) {
      assert.deepEqual(await store.list({ prefix: '/' }), {
        entries: [],
        revision: await store.revision(),
        more: false,
      });
    },
  },
  {
    behaviour: 'keys come in the order of their bytes',
    async check(store) {
      const ordered = ['/-', '/A', '/a', '/a-b', '/a/b', '/ab', '/z', '/ä', '/\uffee', '/\u{1f600}'];
      await putAll(store, ordered.toReversed());
      assert.deepEqual(
        (await store.list({ prefix: '/' })).entries.map(({ key }) => key),
        ordered,
      );
    },
  },
  {
    behaviour: 'a prefix takes what begins with it and nothing else',
    async check(store) {
      await putAll(store, ['/a', '/a/', '/a/1', '/a/1/2', '/a0', '/b/1', '/\u{10ffff}/1']);
      assert.deepEqual(await listTexts(store, { prefix: '/a/' }), ['/a/=/a/', '/a/1=/a/1', '/a/1/2=/a/1/2']);
      assert.deepEqual(await listTexts(store, { prefix: '/\u{10ffff}' }), ['/\u{10ffff}/1=/\u{10ffff}/1']);
      assert.deepEqual(await listTexts(store, { prefix: '/c' }), []);
      assert.equal(await store.count('/a/'), 3);
      assert.equal(await store.count('/'), 7);
      assert.equal(await store.count('/c'), 0);
    },
  },
  {
    behaviour: 'pages follow each other and tell what is behind them',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2', '/a/3', '/a/4', '/a/5', '/b/1']);
      const pages: Page[] = [];
      let page = await store.list({ prefix: '/a/', limit: 2 });
      for (pages.push(page); page.more; pages.push(page)) {
        const after = page.entries.at(-1)?.key ?? '';
        page = await store.list({ prefix: '/a/', limit: 2, after, revision: page.revision });
      }
      assert.deepEqual(
        pages.map(({ entries }) => entries.map(({ key }) => key)),
        [['/a/1', '/a/2'], ['/a/3', '/a/4'], ['/a/5']],
      );
      for (const [at, { remaining }] of pages.entries()) assert.ok(remaining === undefined || remaining === 3 - 2 * at);
    },
  },
  {
    behaviour: 'a page that ends with the last entry says so',
    async check(store) {
      await putAll(store, ['/a/1', '/a/2']);
      assert.equal((await store.list({ prefix: '/a/', limit: 2 })).more, false);
      assert.equal((await store.list({ prefix: '/a/', limit: 1 })).more, true);
      assert.deepEqual(await listTexts(store, { prefix: '/a/', after: '/a/2' }), []);
    },
  },
  {
    behaviour: 'a list goes on behind a key that is not there',
    async check(store) {
      await putAll(store, ['/a/1', '/a/3']);
      assert.deepEqual(await listTexts(store, { prefix: '/a/', after: '/a/2' }), ['/a/3=/a/3']);
      assert.deepEqual(await listTexts(store, { prefix: '/a/', after: '/0' }), ['/a/1=/a/1', '/a/3=/a/3']);
    },
  },
  {
    behaviour: 'entries carry the revisions of their writes',
    async check(store) {
      const one = await store.create('/a/1', bytes('one'));
      const two = await store.create('/a/2', bytes('two'));
      const changed = await store.update('/a/1', bytes('new'), one.revision);
      assert.deepEqual((await store.list({ prefix: '/a/' })).entries, [changed, two]);
    },
  },
  {
    behaviour: 'a revision that is not reached is refused with the newest one',
    async check(store) {
      const newest = await store.revision();
      const error = await assertFails('FUTURE_REVISION', () => store.list({ prefix: '/', revision: newest + 1000 }));
      assert.equal(error.revision, newest);
    },
  },
];
