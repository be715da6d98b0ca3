import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertFails, assertText, patternOf, putText } from './behaviour.js';

export const valueBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'put and get agree for sizes from nothing to 1 MiB',
    async check(driver) {
      for (const size of [0, 1, 255, 4096, 65_537, 1_048_576]) {
        const content = patternOf(size);
        await driver.put('/value', content);
        assert.ok((await driver.get('/value')).equals(content), `${size} bytes`);
      }
    },
  },
  {
    behaviour: 'put stores exactly the view that it is given',
    async check(driver) {
      await driver.put('/value', new Uint8Array(patternOf(100).buffer.slice(0, 100)).subarray(10, 20));
      assert.ok((await driver.get('/value')).equals(patternOf(100).subarray(10, 20)));
    },
  },
  {
    behaviour: 'neither side sees what the caller does to its memory later',
    async check(driver) {
      const content = Buffer.from('before');
      await driver.put('/value', content);
      content.fill('x');
      (await driver.get('/value')).fill('y');
      driver.getNow?.('/value')?.fill('z');
      await assertText(driver, '/value', 'before');
    },
  },
  {
    behaviour: 'put replaces, also by something shorter',
    async check(driver) {
      await putText(driver, '/value', 'a long text');
      await putText(driver, '/value', 'short');
      await assertText(driver, '/value', 'short');
    },
  },
  {
    behaviour: 'put without waiting for durability is visible at once',
    async check(driver) {
      await driver.put('/a/b/value', Buffer.from('text'), { durable: false });
      await assertText(driver, '/a/b/value', 'text');
    },
  },
  {
    behaviour: 'put onto a folder that is not empty fails or leaves its files alone',
    async check(driver) {
      await putText(driver, '/folder/file');
      await driver.put('/folder', Buffer.from('text')).catch(() => undefined);
      await assertText(driver, '/folder/file');
    },
  },
  {
    behaviour: 'put below a file fails or leaves that file alone',
    async check(driver) {
      await putText(driver, '/file');
      await driver.put('/file/below/it', Buffer.from('text')).catch(() => undefined);
      await assertText(driver, '/file');
    },
  },
  {
    behaviour: 'get of what is absent, a folder, or below a file finds nothing',
    async check(driver) {
      await putText(driver, '/folder/file');
      for (const path of ['/absent', '/folder', '/folder/absent', '/folder/file/below', '/folder/fil', '/']) {
        await assertFails('PATH_NOT_FOUND', () => driver.get(path), path);
      }
    },
  },
  {
    behaviour: 'get holds to its limit: that many bytes pass, one more does not',
    async check(driver) {
      await driver.put('/value', Buffer.alloc(10));
      assert.equal((await driver.get('/value', 10)).length, 10);
      await assertFails('FILE_TOO_LARGE', () => driver.get('/value', 9));
      await assertFails('FILE_TOO_LARGE', () => driver.get('/value', 0));
    },
  },
  {
    behaviour: 'getNow, where there is one, agrees with get',
    async check(driver) {
      if (driver.getNow === undefined) return;
      await putText(driver, '/folder/file');
      assert.equal(driver.getNow('/folder/file')?.toString(), '/folder/file');
      for (const path of ['/absent', '/folder', '/folder/file/below', '/']) {
        assert.equal(driver.getNow(path), undefined, path);
      }
      assert.equal(driver.getNow('/folder/file', 12)?.length, 12);
      await assertFails('FILE_TOO_LARGE', () => driver.getNow?.('/folder/file', 11));
    },
  },
];
