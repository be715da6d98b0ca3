import { InMemoryDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import {
  Breather,
  children,
  deleteIfPresent,
  getOrUndefined,
  moveIfPresent,
  statOrUndefined,
} from './storage-access.js';
import { hookedDriver } from './testing/hooked-driver.js';

const broken = hookedDriver(new InMemoryDriver(), () => {
  throw new Error('the disk is gone');
});

describe.each([
  ['at once', (driver: InMemoryDriver) => driver],
  ['by and by', (driver: InMemoryDriver) => hookedDriver(driver, () => undefined)],
])('a driver that answers %s', (_how, as) => {
  it('tells what is there and what is not', async () => {
    const memory = new InMemoryDriver();
    await memory.put('/folder/file', Buffer.from('content'));
    const driver = as(memory);
    expect(await statOrUndefined(driver, '/folder/file')).toMatchObject({ kind: 'file', size: 7 });
    expect(await statOrUndefined(driver, '/folder/other')).toBeUndefined();
    expect((await getOrUndefined(driver, '/folder/file', 7))?.toString()).toBe('content');
    expect(await getOrUndefined(driver, '/folder/other', 7)).toBeUndefined();
    await expect(getOrUndefined(driver, '/folder/file', 6)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(await moveIfPresent(driver, '/folder/file', '/moved')).toBe(true);
    expect(await moveIfPresent(driver, '/folder/file', '/moved')).toBe(false);
    expect(await deleteIfPresent(driver, '/moved')).toBe(true);
    expect(await deleteIfPresent(driver, '/moved')).toBe(false);
  });
});

describe('other failures', () => {
  it.each([
    ['statOrUndefined', () => statOrUndefined(broken, '/file')],
    ['getOrUndefined', () => getOrUndefined(broken, '/file', 1)],
    ['deleteIfPresent', () => deleteIfPresent(broken, '/file')],
    ['moveIfPresent', () => moveIfPresent(broken, '/file', '/other')],
    ['children', () => children(broken, '/').next()],
  ])('are passed on by %s', async (_name, act) => {
    await expect(act()).rejects.toThrow('the disk is gone');
  });
});

describe('children', () => {
  const all = async (names: AsyncIterable<string>) => {
    const found: string[] = [];
    for await (const name of names) found.push(name);
    return found;
  };

  it('come from all pages', async () => {
    const driver = new InMemoryDriver();
    const names = Array.from({ length: 25_000 }, (_, index) => `${index}`).sort();
    for (const name of names) await driver.put(`/folder/${name}`, Buffer.alloc(0));
    expect(await all(children(driver, '/folder'))).toEqual(names);
    expect(await all(children(driver, '/folder', names[20_000]))).toEqual(names.slice(20_001));
  });

  it('may be deleted while they are read', async () => {
    const driver = new InMemoryDriver();
    for (const name of ['a', 'b', 'c']) await driver.put(`/folder/${name}`, Buffer.alloc(0));
    const seen: string[] = [];
    for await (const name of children(driver, '/folder')) {
      seen.push(name);
      await driver.delete(`/folder/${name}`);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('are none of an absent folder', async () => {
    expect(await all(children(new InMemoryDriver(), '/nowhere'))).toEqual([]);
  });
});

describe('Breather', () => {
  it('lets other work run now and then', async () => {
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const breather = new Breather();
    for (let step = 0; step < 1000; step++) await breather.breathe();
    over = true;
    expect(turns).toBeGreaterThanOrEqual(10);
    expect(turns).toBeLessThan(100);
  });
});
