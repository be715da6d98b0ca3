import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertFails, patternOf, putText, readToEnd } from './behaviour.js';

const SIZE = 200_000;
const CONTENT = patternOf(SIZE);

export const readerBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'a reader knows its size and reads from any position to the end',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      assert.equal(reader.size, SIZE);
      for (const position of [0, 1, 65_535, 65_536, SIZE - 1]) {
        assert.ok((await readToEnd(reader, position)).equals(CONTENT.subarray(position)), `from ${position}`);
      }
      await reader.close();
    },
  },
  {
    behaviour: 'at the end and past it a read gives 0 bytes',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      for (const position of [SIZE, SIZE + 1, SIZE * 1000]) {
        assert.equal(await reader.read(Buffer.alloc(10), position), 0, `at ${position}`);
      }
      await reader.close();
    },
  },
  {
    behaviour: 'a read leaves the rest of its target alone',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      const memory = Buffer.alloc(100, 0xee);
      assert.equal(await reader.read(memory.subarray(10, 60), SIZE - 5), 5);
      assert.ok(memory.subarray(0, 10).every((byte) => byte === 0xee));
      assert.ok(memory.subarray(10, 15).equals(CONTENT.subarray(SIZE - 5)));
      assert.ok(memory.subarray(15).every((byte) => byte === 0xee));
      await reader.close();
    },
  },
  {
    behaviour: 'a read into an empty target gives 0 bytes',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      assert.equal(await reader.read(Buffer.alloc(0), 0), 0);
      await reader.close();
    },
  },
  {
    behaviour: 'a read refuses positions that are no number of bytes',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      for (const position of [-1, 0.5, NaN, Infinity]) {
        await assertFails('INVALID_OFFSET', () => reader.read(Buffer.alloc(10), position), String(position));
      }
      await reader.close();
    },
  },
  {
    behaviour: 'one reader serves many reads at once',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      const starts = Array.from({ length: 50 }, (_, index) => index * 4000);
      await Promise.all(
        starts.map(async (start) => {
          const target = Buffer.alloc(1000);
          const count = await reader.read(target, start);
          assert.ok(count > 0 && target.subarray(0, count).equals(CONTENT.subarray(start, start + count)));
        }),
      );
      await reader.close();
    },
  },
  {
    behaviour: 'an empty file can be read',
    async check(driver) {
      await putText(driver, '/file', '');
      const reader = await driver.open('/file');
      assert.equal(reader.size, 0);
      assert.equal(await reader.read(Buffer.alloc(10), 0), 0);
      await reader.close();
    },
  },
  {
    behaviour: 'a reader goes on with the old content when put replaces the file',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      await putText(driver, '/file', 'new');
      assert.ok((await readToEnd(reader)).equals(CONTENT));
      await reader.close();
    },
  },
  {
    behaviour: 'a reader goes on when its file moves',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      await driver.move('/file', '/elsewhere/file');
      assert.ok((await readToEnd(reader)).equals(CONTENT));
      await reader.close();
    },
  },
  {
    behaviour: 'close may be repeated, and reads after it fail',
    async check(driver) {
      await driver.put('/file', CONTENT);
      const reader = await driver.open('/file');
      await reader.close();
      await reader.close();
      await assert.rejects(reader.read(Buffer.alloc(10), 0));
    },
  },
  {
    behaviour: 'close during reads never mixes in the bytes of another file',
    async check(driver) {
      await driver.put('/file', CONTENT);
      await driver.put('/other', Buffer.alloc(SIZE, 0xff));
      for (let round = 0; round < 10; round++) {
        const reader = await driver.open('/file');
        const target = Buffer.alloc(1000);
        const read = reader.read(target, 5000).catch(() => 0);
        const [count, , other] = await Promise.all([read, reader.close(), driver.open('/other')]);
        assert.ok(target.subarray(0, count).equals(CONTENT.subarray(5000, 5000 + count)));
        await other.close();
      }
    },
  },
  {
    behaviour: 'open of what is absent or a folder finds nothing',
    async check(driver) {
      await putText(driver, '/folder/file');
      for (const path of ['/absent', '/folder', '/folder/file/below', '/']) {
        await assertFails('PATH_NOT_FOUND', () => driver.open(path), path);
      }
    },
  },
];
