import assert from 'node:assert/strict';
import { assertFails, bytes, changesUntil, describeChange, listTexts, putAll, type Behaviour } from './behaviour.js';

export const restartBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'objects and the revision are as they were, and later revisions are higher',
    async check(store, { reopen }) {
      await putAll(store, ['/a/1', '/a/2']);
      const before = await store.list({ prefix: '/' });
      const again = await reopen();
      assert.deepEqual(await again.list({ prefix: '/' }), before);
      assert.ok((await again.create('/a/3', bytes('x'))).revision > before.revision);
    },
  },
  {
    behaviour: 'the revision of a deletion is not given again',
    async check(store, { reopen }) {
      const { revision } = await store.create('/a/1', bytes('x'));
      const deleted = await store.delete('/a/1', revision);
      const again = await reopen();
      assert.equal(await again.revision(), deleted.revision);
      assert.ok((await again.create('/a/2', bytes('x'))).revision > deleted.revision);
    },
  },
  {
    behaviour: 'watches and old lists go on where they were',
    async check(store, { reopen }) {
      const after = await store.revision();
      const one = await store.create('/a/1', bytes('one'));
      await store.update('/a/1', bytes('two'), one.revision);
      const again = await reopen();
      await again.create('/a/2', bytes('x'));
      const changes = await changesUntil(again, { after, until: await again.revision() });
      assert.deepEqual(changes.map(describeChange), ['put /a/1=one', 'put /a/1=two (was one)', 'put /a/2=x']);
      assert.deepEqual(await listTexts(again, { revision: one.revision }), ['/a/1=one']);
    },
  },
  {
    behaviour: 'what was compacted stays refused',
    async check(store, { reopen }) {
      const after = await store.revision();
      await putAll(store, ['/a/1', '/a/2']);
      await store.compact(await store.revision());
      const again = await reopen();
      const until = await again.revision();
      await assertFails('COMPACTED', () => changesUntil(again, { after, until }));
    },
  },
];
