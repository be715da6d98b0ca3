import { expect, it } from 'vitest';
import { describeStorageDriver } from './conformance.js';
import type { StorageDriver } from './driver.js';
import { StorageError } from './errors.js';
import { InMemoryDriver } from './inmemory.js';

/** Runs the whole kit on drivers that `sabotage` has spoilt; resolves with the names of the tests that failed. */
async function failuresOf(sabotage: (driver: StorageDriver) => Partial<StorageDriver>): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const make = async (): Promise<{ driver: StorageDriver }> => {
    const driver = new InMemoryDriver();
    return { driver: Object.assign(driver, sabotage(new Proxy(driver, { get: bindTo(InMemoryDriver.prototype) }))) };
  };
  describeStorageDriver('spoilt', make, {
    describe: (_name, body) => body(),
    it: (name, body) => tests.push({ name, body }),
  });
  const failures: string[] = [];
  for (const { name, body } of tests) await body().catch(() => failures.push(name));
  return failures;
}

/** Reaches the methods of the class although the object has been given others. */
function bindTo(prototype: InMemoryDriver): ProxyHandler<InMemoryDriver>['get'] {
  return (target, key) => {
    const member: unknown = Reflect.get(prototype, key);
    return typeof member === 'function'
      ? (...given: unknown[]) => Reflect.apply(member, target, given) as unknown
      : member;
  };
}

it('passes a driver that keeps all promises', async () => {
  expect(await failuresOf(() => ({}))).toEqual([]);
});

it.each<[string, (driver: StorageDriver) => Partial<StorageDriver>, string]>([
  [
    'lists in the order of a language',
    (driver) => ({
      list: async (path, options) => {
        const page = await driver.list(path, options);
        return { ...page, names: page.names.sort((a, b) => a.localeCompare(b)) };
      },
    }),
    'names come in the order of their code units',
  ],
  [
    'overlooks that more names follow',
    (driver) => ({ list: async (path, options) => ({ ...(await driver.list(path, options)), more: false }) }),
    'limit cuts the page and tells whether more follows',
  ],
  [
    'deletes by prefix',
    (driver) => ({
      delete: async (path) => {
        await driver.delete(path);
        await driver.delete(`${path}c`).catch(() => undefined);
      },
    }),
    'names that begin alike stay',
  ],
  [
    'deletes what is absent',
    (driver) => ({ delete: (path) => driver.delete(path).catch(ignoreAbsence) }),
    'what is absent is not found',
  ],
  [
    'replaces in place',
    (driver) => ({
      put: async (path, content) => {
        const writer = await driver.writer(path);
        await writer.write(content);
        await writer.close();
      },
    }),
    'a reader goes on with the old content when put replaces the file',
  ],
  [
    'moves by copying',
    (driver) => ({
      move: async (source, target) => {
        const content = await driver.get(source);
        await new Promise(setImmediate);
        await driver.put(target, content);
        await driver.delete(source);
      },
    }),
    'of 20 moves of one file at once, exactly one succeeds',
  ],
  [
    'ignores where a page should begin',
    (driver) => ({ list: (path, options) => driver.list(path, { limit: options?.limit }) }),
    'pages of any length together give every name once',
  ],
  [
    'forgets what was there when it appends',
    (driver) => ({ writer: (path) => driver.writer(path) }),
    'with append a writer goes on at the end and counts what was there',
  ],
  [
    'always appends',
    (driver) => ({ writer: (path) => driver.writer(path, { append: true }) }),
    'without append the file starts empty',
  ],
  [
    'makes files by touching them',
    (driver) => ({ touch: (path) => driver.touch(path).catch(() => driver.put(path, Buffer.alloc(0))) }),
    'touch never makes a file',
  ],
  [
    'touches nothing',
    (driver) => ({ touch: async (path) => void (await driver.stat(path)) }),
    'touch makes a file younger and nothing else',
  ],
  [
    'reads from the start',
    (driver) => ({
      open: async (path) => {
        const reader = await driver.open(path);
        return { size: reader.size, read: (target) => reader.read(target, 0), close: () => reader.close() };
      },
    }),
    'a reader knows its size and reads from any position to the end',
  ],
  [
    'knows files by their size only',
    (driver) => ({ stat: async (path) => ({ ...(await driver.stat(path)), identity: 'same' }) }),
    'identity changes with each of 50 puts of equal size',
  ],
  [
    'ignores the limit of get',
    (driver) => ({ get: (path) => driver.get(path) }),
    'get holds to its limit: that many bytes pass, one more does not',
  ],
])('catches a driver that %s', async (_fault, sabotage, expected) => {
  expect(await failuresOf(sabotage)).toContain(expected);
});

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof StorageError) || error.code !== 'PATH_NOT_FOUND') throw error;
}
