import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertText, succeeds } from './behaviour.js';

export const concurrencyBehaviours: readonly Behaviour[] = [
  {
    behaviour: '100 puts at once into new folders all arrive',
    async check(driver) {
      const paths = Array.from({ length: 100 }, (_, index) => `/new/${index % 5}/${index}/file`);
      await Promise.all(paths.map((path) => driver.put(path, Buffer.from(path))));
      await Promise.all(paths.map((path) => assertText(driver, path)));
    },
  },
  {
    behaviour: '100 puts of one path leave one value whole',
    async check(driver) {
      const values = Array.from({ length: 100 }, (_, index) => String(index).repeat(1000));
      await Promise.all(values.map((value) => driver.put('/file', Buffer.from(value), { durable: false })));
      assert.ok(values.includes((await driver.get('/file')).toString()));
    },
  },
  {
    behaviour: 'nobody ever reads half a put',
    async check(driver) {
      const values = [Buffer.alloc(50_000, 'a'), Buffer.alloc(70_000, 'b')];
      await driver.put('/file', Buffer.alloc(50_000, 'a'));
      const writing = (async () => {
        for (let round = 0; round < 40; round++) {
          await driver.put('/file', values[round % 2] ?? Buffer.alloc(0), { durable: false });
        }
      })();
      const reading = (async () => {
        for (let round = 0; round < 40; round++) {
          const content = await driver.get('/file');
          assert.ok(values.some((value) => value.equals(content)));
        }
      })();
      await Promise.all([writing, reading]);
    },
  },
  {
    behaviour: '20 writers of their own files do not mix',
    async check(driver) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const writer = await driver.writer(`/new/${index}/data`);
          for (let round = 0; round < 10; round++) await writer.write(Buffer.alloc(10_000, index));
          await writer.close();
        }),
      );
      for (let index = 0; index < 20; index++) {
        assert.ok((await driver.get(`/new/${index}/data`)).equals(Buffer.alloc(100_000, index)));
      }
    },
  },
  {
    behaviour: 'a put into a folder that is being deleted succeeds, and a later one stays',
    async check(driver) {
      for (let round = 0; round < 20; round++) {
        await driver.put('/a/folder/file', Buffer.alloc(1), { durable: false });
        await Promise.all([
          succeeds(driver.delete('/a')),
          driver.put(`/a/folder/${round}`, Buffer.alloc(1), { durable: false }),
          driver.put(`/a/other/deep/${round}`, Buffer.alloc(1), { durable: false }),
        ]);
      }
      await driver.put('/a/folder/last', Buffer.from('text'));
      await assertText(driver, '/a/folder/last', 'text');
    },
  },
];
