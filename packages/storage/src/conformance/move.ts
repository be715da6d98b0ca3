import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertAbsent, assertFails, assertText, putText, succeeds } from './behaviour.js';

export const moveBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a file moves into folders that are made for it',
    async check(driver) {
      await putText(driver, '/a/file', 'text');
      await driver.move('/a/file', '/b/c/d/renamed');
      await assertText(driver, '/b/c/d/renamed', 'text');
      await assertAbsent(driver, '/a/file');
    },
  },
  {
    behaviour: 'a move replaces a file',
    async check(driver) {
      await putText(driver, '/source', 'new');
      await putText(driver, '/target', 'old text');
      await driver.move('/source', '/target');
      await assertText(driver, '/target', 'new');
      await assertAbsent(driver, '/source');
    },
  },
  {
    behaviour: 'a move of a file to itself changes nothing',
    async check(driver) {
      await putText(driver, '/file');
      await driver.move('/file', '/file');
      await assertText(driver, '/file');
    },
  },
  {
    behaviour: 'a move without waiting for durability is visible at once',
    async check(driver) {
      await putText(driver, '/source', 'text');
      await driver.move('/source', '/new/target', { durable: false });
      await assertText(driver, '/new/target', 'text');
    },
  },
  {
    behaviour: 'a move leaves its neighbours alone',
    async check(driver) {
      for (const path of ['/a/b', '/a/bc', '/a/b-c', '/a/c']) await putText(driver, path);
      await driver.move('/a/b', '/a/d');
      for (const path of ['/a/bc', '/a/b-c', '/a/c']) await assertText(driver, path);
      assert.deepEqual((await driver.list('/a')).names, ['b-c', 'bc', 'c', 'd']);
    },
  },
  {
    behaviour: 'a folder moves with everything below it',
    async check(driver) {
      await putText(driver, '/a/b/file', 'one');
      await putText(driver, '/a/b/c/file', 'two');
      await putText(driver, '/a/bc', 'three');
      await driver.move('/a/b', '/x/y');
      await assertText(driver, '/x/y/file', 'one');
      await assertText(driver, '/x/y/c/file', 'two');
      await assertText(driver, '/a/bc', 'three');
      await assertAbsent(driver, '/a/b');
      await assertAbsent(driver, '/a/b/c/file');
    },
  },
  {
    behaviour: 'a folder does not replace a folder that is not empty',
    async check(driver) {
      await putText(driver, '/source/file');
      await putText(driver, '/target/file');
      await assertFails('ALREADY_EXISTS', () => driver.move('/source', '/target'));
      await assertText(driver, '/source/file');
      await assertText(driver, '/target/file');
    },
  },
  {
    behaviour: 'a folder does not move below itself',
    async check(driver) {
      await putText(driver, '/folder/file');
      await assertFails('INVALID_PATH', () => driver.move('/folder', '/folder/below'));
      await assertText(driver, '/folder/file');
      assert.deepEqual((await driver.list('/folder')).names, ['file']);
    },
  },
  {
    behaviour: 'a file does not replace a folder that is not empty',
    async check(driver) {
      await putText(driver, '/file');
      await putText(driver, '/folder/file');
      await assertFails('ALREADY_EXISTS', () => driver.move('/file', '/folder'));
      await assertText(driver, '/file');
      await assertText(driver, '/folder/file');
    },
  },
  {
    behaviour: 'an absent source is not found, and no folder is made for it',
    async check(driver) {
      await putText(driver, '/file');
      await assertFails('PATH_NOT_FOUND', () => driver.move('/absent', '/new/target'));
      await assertFails('PATH_NOT_FOUND', () => driver.move('/absent', '/absent'));
      await assertFails('PATH_NOT_FOUND', () => driver.move('/file/below', '/new/target'));
      await assertAbsent(driver, '/new');
    },
  },
  {
    behaviour: 'an absent source does not harm the target',
    async check(driver) {
      await putText(driver, '/target');
      await assertFails('PATH_NOT_FOUND', () => driver.move('/absent', '/target'));
      await assertText(driver, '/target');
    },
  },
  {
    behaviour: 'of 20 moves of one file at once, exactly one succeeds',
    async check(driver) {
      for (const sameFolder of [true, false]) {
        await putText(driver, '/source', 'text');
        const targets = Array.from({ length: 20 }, (_, index) =>
          sameFolder ? `/all/${index}` : `/each/${index}/file`,
        );
        const won = await Promise.all(targets.map((target) => succeeds(driver.move('/source', target))));
        const winners = targets.filter((_, index) => won[index]);
        assert.equal(winners.length, 1);
        const found = await Promise.all(targets.map((target) => succeeds(driver.stat(target))));
        assert.deepEqual(found, won);
        await assertText(driver, winners[0] ?? '', 'text');
        await assertAbsent(driver, '/source');
      }
    },
  },
  {
    behaviour: '20 files moved to one place at once leave one of them whole',
    async check(driver) {
      const sources = Array.from({ length: 20 }, (_, index) => `/source/${index}`);
      for (const source of sources) await driver.put(source, Buffer.from(source), { durable: false });
      await Promise.all(sources.map((source) => driver.move(source, '/new/target')));
      assert.ok(sources.includes((await driver.get('/new/target')).toString()));
      for (const source of sources) await assertAbsent(driver, source);
    },
  },
];
