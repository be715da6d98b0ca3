import { isRepositoryName } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layersFolder, manifestsFolder, REPOSITORIES, uploadsFolder } from '../layout.js';
import { isRepository, namesWithUploads, repositories } from './catalog.js';

async function storageOf(names: Iterable<string>): Promise<InMemoryDriver> {
  const driver = new InMemoryDriver();
  for (const name of names) await driver.put(`${layersFolder(name)}/sha256/link`, Buffer.from(''));
  return driver;
}

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

const component = fc.stringMatching(/^[a-c0](([._-]|__|--)[a-c0]){0,2}$/);
const name = fc
  .array(component, { minLength: 1, maxLength: 4 })
  .map((components) => components.join('/'))
  .filter(isRepositoryName);
const names = fc.uniqueArray(name, { maxLength: 25 });

describe('repositories', () => {
  it('come in the order of their whole names', async () => {
    const given = ['a', 'a/b', 'a-b', 'a.b', 'a0', 'a-b/c', 'a/b/c', 'a_b', 'b'];
    const expected = ['a', 'a-b', 'a-b/c', 'a.b', 'a/b', 'a/b/c', 'a0', 'a_b', 'b'];
    expect(await all(repositories(await storageOf(given)))).toEqual(expected);
    expect([...given].sort()).toEqual(expected);
  });

  it('are sorted and complete, from wherever one begins', async () => {
    const last = fc.oneof(fc.constant(''), name, fc.string({ maxLength: 5 }));
    await fc.assert(
      fc.asyncProperty(names, last, async (given, after) => {
        const driver = await storageOf(given);
        const expected = given.filter((each) => each > after).sort();
        expect(await all(repositories(driver, after))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('can be read page by page', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 5 }), async (given, size) => {
        const driver = await storageOf(given);
        const read: string[] = [];
        for (let page: string[] = [], last = ''; page.length > 0 || last === ''; last = page.at(-1) ?? 'z') {
          page = (await all(repositories(driver, last))).slice(0, size);
          read.push(...page);
        }
        expect(read).toEqual([...given].sort());
      }),
      { numRuns: 100 },
    );
  });

  it('are names below which something was pushed', async () => {
    const driver = await storageOf(['with/layers']);
    await driver.put(`${manifestsFolder('with/manifests')}/tags`, Buffer.from(''));
    await driver.put(`${uploadsFolder('with/upload')}/id/data`, Buffer.from(''));
    await driver.put(`${REPOSITORIES}/Upper/_layers/x`, Buffer.from(''));
    await driver.put(`${REPOSITORIES}/file`, Buffer.from(''));
    await driver.put(`${REPOSITORIES}/_own/_layers/x`, Buffer.from(''));
    expect(await all(repositories(driver))).toEqual(['with/layers', 'with/manifests']);
    expect(await all(namesWithUploads(driver))).toEqual(['with/upload']);
    for (const [each, expected] of [
      ['with/layers', true],
      ['with/upload', false],
      ['nowhere', false],
    ] as const) {
      expect(await isRepository(driver, each)).toBe(expected);
    }
  });

  it('may have names as deep as names can be', async () => {
    const deep = Array.from({ length: 128 }, () => 'a').join('/');
    expect(await all(repositories(await storageOf([deep])))).toEqual([deep]);
  });

  it('are none in an empty storage', async () => {
    expect(await all(repositories(new InMemoryDriver()))).toEqual([]);
  });
});
