import assert from 'node:assert/strict';
import type { StorageDriver } from '../driver.js';
import { isNotFound } from '../errors.js';
import type { Behaviour } from './behaviour.js';
import { assertFails, putText } from './behaviour.js';

const SORTED = ['+', '-', '.x', '0', '10', '9', ':', '=', '@', 'A', 'Z', '_', 'a', 'a.b', 'aa', 'ab', 'b'];

async function putAll(driver: StorageDriver, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await driver.put(`${folder}/${name}`, Buffer.from(name), { durable: false });
}

export const listBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'names come in the order of their code units',
    async check(driver) {
      await putAll(driver, '/folder', [...SORTED].reverse());
      assert.deepEqual(await driver.list('/folder'), { names: SORTED, more: false });
    },
  },
  {
    behaviour: 'files and folders are listed once, what is deeper is not',
    async check(driver) {
      await putAll(driver, '/top', ['file', 'folder/one', 'folder/two', 'folder/deep/three', 'folder.x']);
      assert.deepEqual((await driver.list('/top')).names, ['file', 'folder', 'folder.x']);
      assert.deepEqual((await driver.list('/top/folder')).names, ['deep', 'one', 'two']);
    },
  },
  {
    behaviour: 'a folder beside one that begins alike lists its own children only',
    async check(driver) {
      await putAll(driver, '', ['a/one', 'ab/two', 'a-b/three']);
      assert.deepEqual((await driver.list('/a')).names, ['one']);
    },
  },
  {
    behaviour: 'limit cuts the page and tells whether more follows',
    async check(driver) {
      await putAll(driver, '/folder', ['a', 'b', 'c']);
      assert.deepEqual(await driver.list('/folder', { limit: 1 }), { names: ['a'], more: true });
      assert.deepEqual(await driver.list('/folder', { limit: 2 }), { names: ['a', 'b'], more: true });
      assert.deepEqual(await driver.list('/folder', { limit: 3 }), { names: ['a', 'b', 'c'], more: false });
      assert.deepEqual(await driver.list('/folder', { limit: 4 }), { names: ['a', 'b', 'c'], more: false });
    },
  },
  {
    behaviour: 'after goes on behind a name, whether it exists or not',
    async check(driver) {
      await putAll(driver, '/folder', ['a', 'b/deep', 'c']);
      const after = async (name: string): Promise<string[]> => (await driver.list('/folder', { after: name })).names;
      assert.deepEqual(await after('a'), ['b', 'c']);
      assert.deepEqual(await after('aa'), ['b', 'c']);
      assert.deepEqual(await after('b'), ['c']);
      assert.deepEqual(await after('b0'), ['c']);
      assert.deepEqual(await after('A'), ['a', 'b', 'c']);
      assert.deepEqual(await after('c'), []);
      assert.deepEqual(await after('zzz'), []);
    },
  },
  {
    behaviour: 'after the last name there is no more',
    async check(driver) {
      await putAll(driver, '/folder', ['a', 'b']);
      assert.deepEqual(await driver.list('/folder', { after: 'b', limit: 1 }), { names: [], more: false });
    },
  },
  {
    behaviour: 'pages of any length together give every name once',
    async check(driver) {
      await putAll(driver, '/folder', SORTED);
      for (const limit of [1, 2, 5, SORTED.length, 100]) {
        const seen: string[] = [];
        for (let more = true; more;) {
          const page = await driver.list('/folder', { limit, after: seen.at(-1) });
          seen.push(...page.names);
          more = page.more;
          assert.ok(seen.length <= SORTED.length, `limit ${limit} repeats names`);
        }
        assert.deepEqual(seen, SORTED, `limit ${limit}`);
      }
    },
  },
  {
    behaviour: 'a name that is deleted between two pages does not matter',
    async check(driver) {
      await putAll(driver, '/folder', ['a', 'b', 'c']);
      await driver.list('/folder', { limit: 1 });
      await driver.delete('/folder/a');
      assert.deepEqual(await driver.list('/folder', { after: 'a', limit: 5 }), { names: ['b', 'c'], more: false });
    },
  },
  {
    behaviour: 'an absent folder is not found',
    async check(driver) {
      await putText(driver, '/folder/file');
      await assertFails('PATH_NOT_FOUND', () => driver.list('/absent'));
      await assertFails('PATH_NOT_FOUND', () => driver.list('/fold'));
    },
  },
  {
    behaviour: 'a file is no folder',
    async check(driver) {
      await putText(driver, '/folder/file');
      await assertFails('PATH_NOT_FOUND', () => driver.list('/folder/file'));
    },
  },
  {
    behaviour: 'a folder whose last file went is empty or not found',
    async check(driver) {
      await putText(driver, '/folder/file');
      await driver.delete('/folder/file');
      const page = await driver.list('/folder').catch((error: unknown) => {
        assert.ok(isNotFound(error));
        return { names: [], more: false };
      });
      assert.deepEqual(page, { names: [], more: false });
    },
  },
  {
    behaviour: 'while files are being put, only whole names of theirs are seen',
    async check(driver) {
      const names = Array.from({ length: 20 }, (_, index) => `file-${index}`);
      await putText(driver, '/folder/file-0');
      const puts = Promise.all(names.map((name) => putText(driver, `/folder/${name}`)));
      for (let round = 0; round < 10; round++) {
        const page = await driver.list('/folder');
        assert.ok(page.names.every((name) => names.includes(name)));
      }
      await puts;
      assert.deepEqual((await driver.list('/folder')).names, names.sort());
    },
  },
];
