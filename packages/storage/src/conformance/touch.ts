import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.js';
import { assertAbsent, assertFails, assertText, putOld, putText, succeeds } from './behaviour.js';

export const touchBehaviours: readonly Behaviour[] = [
  {
    behaviour: 'touch makes a file younger and nothing else',
    async check(driver) {
      await putOld(driver, '/folder/file');
      const before = await driver.stat('/folder/file');
      await driver.touch('/folder/file');
      const after = await driver.stat('/folder/file');
      assert.ok(after.modified > before.modified);
      assert.deepEqual([after.kind, after.size], [before.kind, before.size]);
      await assertText(driver, '/folder/file');
    },
  },
  {
    behaviour: 'touch never makes a file',
    async check(driver) {
      await putText(driver, '/folder/file');
      for (const path of ['/absent', '/folder/absent', '/folder/file/below']) {
        await assertFails('PATH_NOT_FOUND', () => driver.touch(path), path);
        await assertAbsent(driver, path);
      }
    },
  },
  {
    behaviour: 'touch fails after a move away and after a delete',
    async check(driver) {
      await putText(driver, '/moved');
      await driver.move('/moved', '/target');
      await assertFails('PATH_NOT_FOUND', () => driver.touch('/moved'));
      await driver.delete('/target');
      await assertFails('PATH_NOT_FOUND', () => driver.touch('/target'));
      await assertAbsent(driver, '/moved');
      await assertAbsent(driver, '/target');
    },
  },
  {
    behaviour: 'a move keeps the time of a touch',
    async check(driver) {
      await putOld(driver, '/file');
      const { modified } = await driver.stat('/file');
      await driver.touch('/file');
      await driver.move('/file', '/target');
      assert.ok((await driver.stat('/target')).modified > modified);
    },
  },
  {
    behaviour: 'of a touch and a move at once, the touch fails or shows in the moved file',
    async check(driver) {
      for (let round = 0; round < 20; round++) {
        const [source, target] = [`/source/${round}`, `/target/${round}`];
        await putOld(driver, source);
        const { modified } = await driver.stat(source);
        const touching = (): Promise<boolean> => succeeds(driver.touch(source));
        const moving = (): Promise<void> => driver.move(source, target);
        const [touched] =
          round % 2 === 0
            ? await Promise.all([touching(), moving()])
            : (await Promise.all([moving(), touching()])).reverse();
        if (touched === true) assert.ok((await driver.stat(target)).modified > modified, `round ${round}`);
        await assertAbsent(driver, source);
        await assertText(driver, target, source);
      }
    },
  },
];
