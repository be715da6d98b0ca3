import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertAbsent, assertFails, assertText, putText, succeeds } from './behaviour.js';

export const deleteBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a deleted file is gone',
    async check(driver) {
      await putText(driver, '/folder/file');
      await driver.delete('/folder/file');
      await assertAbsent(driver, '/folder/file');
      await assertFails('PATH_NOT_FOUND', () => driver.get('/folder/file'));
      await assertFails('PATH_NOT_FOUND', () => driver.open('/folder/file'));
    },
  },
  {
    behaviour: 'a folder goes with everything below it',
    async check(driver) {
      const paths = ['/a/b/1', '/a/b/c/2', '/a/b/c/d/3'];
      for (const path of paths) await putText(driver, path);
      await driver.delete('/a/b');
      for (const path of [...paths, '/a/b/c', '/a/b']) await assertAbsent(driver, path);
    },
  },
  {
    behaviour: 'names that begin alike stay',
    async check(driver) {
      const neighbours = ['/a/bc', '/a/b-c', '/a/b.c/file', '/ab'];
      for (const path of ['/a/b/file', ...neighbours]) await putText(driver, path);
      await driver.delete('/a/b');
      for (const path of neighbours) await assertText(driver, path);
    },
  },
  {
    behaviour: 'what is absent is not found',
    async check(driver) {
      await putText(driver, '/folder/file');
      for (const path of ['/absent', '/folder/absent', '/folder/file/below', '/fold']) {
        await assertFails('PATH_NOT_FOUND', () => driver.delete(path), path);
      }
      await assertText(driver, '/folder/file');
    },
  },
  {
    behaviour: 'the second delete finds nothing',
    async check(driver) {
      await putText(driver, '/file');
      await putText(driver, '/folder/file');
      for (const path of ['/file', '/folder']) {
        await driver.delete(path);
        await assertFails('PATH_NOT_FOUND', () => driver.delete(path), path);
      }
    },
  },
  {
    behaviour: 'a deleted path can be written again',
    async check(driver) {
      await putText(driver, '/folder/file');
      await driver.delete('/folder');
      await putText(driver, '/folder', 'now a file');
      await assertText(driver, '/folder', 'now a file');
      await driver.delete('/folder');
      await putText(driver, '/folder/file', 'and back');
      await assertText(driver, '/folder/file', 'and back');
    },
  },
  {
    behaviour: 'a folder of 300 files goes at once',
    async check(driver) {
      const paths = Array.from({ length: 300 }, (_, index) => `/folder/${index % 7}/${index}`);
      await Promise.all(paths.map((path) => driver.put(path, Buffer.from(path), { durable: false })));
      await driver.delete('/folder');
      await assertAbsent(driver, '/folder');
    },
  },
  {
    behaviour: 'of many deletes at once at least one succeeds, and the rest find nothing',
    async check(driver) {
      for (let index = 0; index < 30; index++) {
        await driver.put(`/folder/${index % 3}/${index}`, Buffer.alloc(1), { durable: false });
      }
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => succeeds(driver.delete('/folder'))));
      assert.ok(outcomes.includes(true));
      await assertAbsent(driver, '/folder');
    },
  },
];
