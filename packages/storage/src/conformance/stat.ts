import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertAbsent, putText, writeChunks } from './behaviour.js';

export const statBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a file has its size, a folder has 0',
    async check(driver) {
      await driver.put('/folder/file', Buffer.alloc(12_345));
      const file = await driver.stat('/folder/file');
      assert.deepEqual([file.kind, file.size], ['file', 12_345]);
      const folder = await driver.stat('/folder');
      assert.deepEqual([folder.kind, folder.size], ['folder', 0]);
    },
  },
  {
    behaviour: 'nothing is found at absent paths, prefixes of names and below files',
    async check(driver) {
      await putText(driver, '/folder/file');
      for (const path of ['/absent', '/fold', '/folder/fil', '/folder/files', '/folder/file/below']) {
        await assertAbsent(driver, path);
      }
    },
  },
  {
    behaviour: 'modified is a time in milliseconds that does not go back with later writes',
    async check(driver) {
      await putText(driver, '/first');
      await putText(driver, '/second');
      const [first, second] = [await driver.stat('/first'), await driver.stat('/second')];
      assert.ok(first.modified > Date.UTC(2000, 0) && first.modified < Date.UTC(2200, 0));
      assert.ok(second.modified >= first.modified);
    },
  },
  {
    behaviour: 'identity stays while nothing happens',
    async check(driver) {
      await putText(driver, '/file');
      await putText(driver, '/other');
      const { identity } = await driver.stat('/file');
      await driver.get('/file');
      await putText(driver, '/other', 'new');
      assert.equal((await driver.stat('/file')).identity, identity);
    },
  },
  {
    behaviour: 'identity changes with each of 50 puts of equal size',
    async check(driver) {
      const identities = new Set<string>();
      for (let round = 100; round < 150; round++) {
        await driver.put('/file', Buffer.from(String(round)), { durable: false });
        identities.add((await driver.stat('/file')).identity);
      }
      assert.equal(identities.size, 50);
    },
  },
  {
    behaviour: 'identity changes when a move replaces the file',
    async check(driver) {
      await putText(driver, '/file', 'one');
      const { identity } = await driver.stat('/file');
      await writeChunks(driver, '/upload', [Buffer.from('two')]);
      await driver.move('/upload', '/file');
      assert.notEqual((await driver.stat('/file')).identity, identity);
    },
  },
  {
    behaviour: 'identity changes when a writer appends',
    async check(driver) {
      await putText(driver, '/file', 'one');
      const { identity } = await driver.stat('/file');
      await writeChunks(driver, '/file', [Buffer.from('two')], { append: true });
      assert.notEqual((await driver.stat('/file')).identity, identity);
    },
  },
  {
    behaviour: 'statNow, where there is one, agrees with stat',
    async check(driver) {
      if (driver.statNow === undefined) return;
      await putText(driver, '/folder/file');
      for (const path of ['/folder/file', '/folder', '/']) {
        assert.deepEqual(driver.statNow(path), await driver.stat(path), path);
      }
      for (const path of ['/absent', '/folder/absent', '/folder/file/below']) {
        assert.equal(driver.statNow(path), undefined, path);
      }
    },
  },
];
