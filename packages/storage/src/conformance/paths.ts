import assert from 'node:assert/strict';
import type { StorageDriver } from '../driver.js';
import type { Behaviour } from './behaviour.js';
import { assertFails, assertText, putText } from './behaviour.js';

const REFUSED = [
  ...['', 'a', 'a/b', './a', '//', '/a/', '/a//b', '//a', '/.', '/..', '/./a', '/a/.', '/a/../b', '/a/..'],
  ...['/a b', '/a\0', '/a\n', '/a\\b', '/a*', '/a?', '/a%2fb', '/~', '/ä', '/a\u{1f600}', `/${'x'.repeat(256)}`],
];

const ALLOWED = ['/...', '/..a', '/.hidden', '/a.', '/-', '/--rf', '/@', '/=', '/+', '/:', '/A_b-C.d:e+f=g@h', '/0'];

type Operation = (driver: StorageDriver, path: string) => unknown;

const READING: Readonly<Record<string, Operation>> = {
  stat: (driver, path) => driver.stat(path),
  statNow: (driver, path) => (driver.statNow === undefined ? driver.stat(path) : driver.statNow(path)),
  get: (driver, path) => driver.get(path),
  getNow: (driver, path) => (driver.getNow === undefined ? driver.get(path) : driver.getNow(path)),
  open: (driver, path) => driver.open(path),
  list: (driver, path) => driver.list(path),
};

const CHANGING: Readonly<Record<string, Operation>> = {
  put: (driver, path) => putText(driver, path, 'text'),
  writer: (driver, path) => driver.writer(path),
  'move from': (driver, path) => driver.move(path, '/target'),
  'move to': (driver, path) => driver.move('/source', path),
  delete: (driver, path) => driver.delete(path),
  touch: (driver, path) => driver.touch(path),
};

export const pathBehaviours: readonly Behaviour[] = [
  ...Object.entries({ ...READING, ...CHANGING }).map(([name, operation]) => ({
    behaviour: `${name} refuses paths that are not canonical`,
    async check(driver: StorageDriver) {
      await putText(driver, '/source');
      for (const path of REFUSED) {
        await assertFails('INVALID_PATH', () => operation(driver, path), `${name} ${JSON.stringify(path)}`);
      }
      await assertText(driver, '/source');
    },
  })),
  {
    behaviour: 'the root folder can be described and listed, but not changed',
    async check(driver) {
      await putText(driver, '/source');
      assert.equal((await driver.stat('/')).kind, 'folder');
      assert.ok((await driver.list('/')).names.includes('source'));
      for (const [name, operation] of Object.entries(CHANGING)) {
        await assertFails('INVALID_PATH', () => operation(driver, '/'), name);
      }
      await assertText(driver, '/source');
    },
  },
  {
    behaviour: 'unusual names that are allowed live side by side',
    async check(driver) {
      for (const path of ALLOWED) await putText(driver, path);
      for (const path of ALLOWED) await assertText(driver, path);
    },
  },
  {
    behaviour: 'a name of 255 bytes is a file and a folder',
    async check(driver) {
      const name = 'n'.repeat(255);
      await putText(driver, `/${name}/${name}`, 'text');
      await assertText(driver, `/${name}/${name}`, 'text');
      assert.deepEqual((await driver.list(`/${name}`)).names, [name]);
    },
  },
  {
    behaviour: 'upper and lower case are different',
    async check(driver) {
      await putText(driver, '/Name');
      await putText(driver, '/name');
      await assertText(driver, '/Name');
      await assertText(driver, '/name');
    },
  },
  {
    behaviour: 'folders may be 100 deep',
    async check(driver) {
      const path = '/deep'.repeat(100);
      await putText(driver, path);
      await assertText(driver, path);
      await driver.move(path, `${path}er/${path.slice(1)}`);
      await assertText(driver, `${path}er/${path.slice(1)}`, path);
    },
  },
];
