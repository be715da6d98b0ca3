import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertText, patternOf, putText, readToEnd, writeChunks } from './behaviour.js';

const CHUNK = 64 * 1024;

export const writerBehaviours: readonly Behaviour[] = [
  {
    behaviour: '5 MiB in chunks of 64 KiB come back',
    async check(driver) {
      const content = patternOf(80 * CHUNK);
      const chunks = Array.from({ length: 80 }, (_, index) => content.subarray(index * CHUNK, (index + 1) * CHUNK));
      await writeChunks(driver, '/new/folder/file', chunks);
      assert.equal((await driver.stat('/new/folder/file')).size, content.length);
      const reader = await driver.open('/new/folder/file');
      assert.ok((await readToEnd(reader, 0, 1_000_003)).equals(content));
      await reader.close();
    },
  },
  {
    behaviour: 'a writer counts its bytes',
    async check(driver) {
      const writer = await driver.writer('/file');
      assert.equal(writer.size, 0);
      await writer.write(Buffer.alloc(1000));
      assert.equal(writer.size, 1000);
      await writer.write(Buffer.alloc(1));
      assert.equal(writer.size, 1001);
      await writer.close();
    },
  },
  {
    behaviour: 'without append the file starts empty',
    async check(driver) {
      await putText(driver, '/file', 'a long old text');
      await writeChunks(driver, '/file', [Buffer.from('new')]);
      await assertText(driver, '/file', 'new');
    },
  },
  {
    behaviour: 'a writer that writes nothing leaves an empty file',
    async check(driver) {
      await putText(driver, '/file', 'old');
      await writeChunks(driver, '/file', []);
      assert.equal((await driver.stat('/file')).size, 0);
    },
  },
  {
    behaviour: 'with append a writer goes on at the end and counts what was there',
    async check(driver) {
      await writeChunks(driver, '/file', [Buffer.from('one,')]);
      const writer = await driver.writer('/file', { append: true });
      assert.equal(writer.size, 4);
      await writer.write(Buffer.from('two'));
      assert.equal(writer.size, 7);
      await writer.close();
      await assertText(driver, '/file', 'one,two');
    },
  },
  {
    behaviour: 'with append an absent file starts empty',
    async check(driver) {
      await writeChunks(driver, '/new/file', [Buffer.from('text')], { append: true });
      await assertText(driver, '/new/file', 'text');
    },
  },
  {
    behaviour: 'a file written by many writers in turn is whole',
    async check(driver) {
      const content = patternOf(100_000);
      const cuts = [0, 0, 1, 2, 4095, 4096, 4097, 65_536, 65_536, 99_999, 100_000];
      for (const [index, cut] of cuts.slice(1).entries()) {
        await writeChunks(driver, '/file', [content.subarray(cuts[index], cut)], { append: true });
      }
      assert.ok((await driver.get('/file')).equals(content));
    },
  },
  {
    behaviour: 'appending nothing changes nothing',
    async check(driver) {
      await putText(driver, '/file', 'text');
      await writeChunks(driver, '/file', [], { append: true });
      await writeChunks(driver, '/file', [new Uint8Array(0)], { append: true });
      await assertText(driver, '/file', 'text');
    },
  },
  {
    behaviour: 'append goes on after a put',
    async check(driver) {
      await putText(driver, '/file', 'put,');
      await writeChunks(driver, '/file', [Buffer.from('appended')], { append: true });
      await assertText(driver, '/file', 'put,appended');
    },
  },
  {
    behaviour: 'the caller may use its memory again after each write',
    async check(driver) {
      const memory = Buffer.alloc(CHUNK);
      const writer = await driver.writer('/file');
      for (const byte of [1, 2, 3]) await writer.write(memory.fill(byte));
      await writer.close();
      memory.fill(9);
      const bytes = await driver.get('/file');
      assert.deepEqual([bytes[0], bytes[CHUNK], bytes[2 * CHUNK], bytes.length], [1, 2, 3, 3 * CHUNK]);
    },
  },
  {
    behaviour: 'chunks may be views of shared memory',
    async check(driver) {
      const memory = new Uint8Array(new SharedArrayBuffer(100)).fill(7);
      memory[20] = 1;
      await writeChunks(driver, '/file', [memory.subarray(20, 30)]);
      assert.deepEqual([...(await driver.get('/file'))], [1, ...Array<number>(9).fill(7)]);
    },
  },
  {
    behaviour: 'sync may come at any time',
    async check(driver) {
      const writer = await driver.writer('/file');
      await writer.sync();
      await writer.write(Buffer.from('text'));
      await writer.sync();
      await writer.sync();
      await writer.close();
      await assertText(driver, '/file', 'text');
    },
  },
  {
    behaviour: 'close may be repeated, and writes after it fail',
    async check(driver) {
      const writer = await driver.writer('/file');
      await writer.write(Buffer.from('text'));
      await writer.close();
      await writer.close();
      await assert.rejects(writer.write(Buffer.from('more')));
      await assertText(driver, '/file', 'text');
    },
  },
  {
    behaviour: 'what was written moves to its place',
    async check(driver) {
      await writeChunks(driver, '/uploads/1/data', [Buffer.from('text')]);
      await driver.move('/uploads/1/data', '/blobs/data');
      await assertText(driver, '/blobs/data', 'text');
    },
  },
  {
    behaviour: 'a writer on a folder that is not empty fails or leaves its files alone',
    async check(driver) {
      await putText(driver, '/folder/file');
      await writeChunks(driver, '/folder', [Buffer.from('text')]).catch(() => undefined);
      await assertText(driver, '/folder/file');
    },
  },
];
