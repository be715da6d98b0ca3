import type { Digest } from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revisionLink, tombstone, tombstonesFolder } from '../layout.js';
import { digestNamed } from '../testing/digests.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { play } from '../testing/interleavings.js';
import { TagStore } from './tag-store.js';
import { Tombstones } from './tombstones.js';

const REPOSITORY = 'team/app';
const [ONE, TWO] = ['one', 'two'].map(digestNamed) as [Digest, Digest];

/** A repository with two manifests: `ONE` has the tags `a0`, `a1` …, `TWO` has `b`. */
async function world(tagCount = 3) {
  let time = 1_700_000_000_000;
  const now = () => (time += 0.01);
  const driver = new InMemoryDriver({ now });
  const process = (on: StorageDriver = driver) => {
    const tags = new TagStore(on, { now });
    return { tags, tombstones: new Tombstones(on, tags) };
  };
  for (const digest of [ONE, TWO]) await driver.put(revisionLink(REPOSITORY, digest), Buffer.from(digest));
  const { tags } = process();
  for (let tag = 0; tag < tagCount; tag++) await tags.put(REPOSITORY, `a${tag}`, ONE);
  await tags.put(REPOSITORY, 'b', TWO);
  time += 10;
  const has = (path: string) => driver.statNow(path) !== undefined;
  return { driver, process, has, advance: (ms: number) => (time += ms) };
}

describe('a deleted manifest', () => {
  it('is gone in one step, its tags with the next sweep', async () => {
    const { process, has } = await world();
    const { tags, tombstones } = process();
    expect(await tombstones.any(REPOSITORY)).toBe(false);
    expect(await tombstones.bury(REPOSITORY, ONE)).toBe(true);
    expect(has(revisionLink(REPOSITORY, ONE))).toBe(false);
    expect(await tombstones.any(REPOSITORY)).toBe(true);
    await tombstones.sweep(REPOSITORY);
    expect(await tags.list(REPOSITORY)).toEqual(['b']);
    expect(await tombstones.any(REPOSITORY)).toBe(false);
  });

  it('cannot be deleted twice', async () => {
    const { tombstones } = (await world()).process();
    expect(await tombstones.bury(REPOSITORY, ONE)).toBe(true);
    expect(await tombstones.bury(REPOSITORY, ONE)).toBe(false);
    expect(await tombstones.bury('nobody/here', ONE)).toBe(false);
  });

  it('leaves tags that were set to it later, or to another', async () => {
    const { driver, process, advance } = await world();
    const { tags, tombstones } = process();
    await tombstones.bury(REPOSITORY, ONE);
    await tags.put(REPOSITORY, 'a0', TWO);
    advance(1);
    await driver.put(revisionLink(REPOSITORY, ONE), Buffer.from(ONE));
    await tags.put(REPOSITORY, 'a1', ONE);
    await tombstones.sweep(REPOSITORY);
    expect(await tags.list(REPOSITORY)).toEqual(['a0', 'a1', 'b']);
  });

  it('takes the tag of a push with it that came between the two steps of the burial', async () => {
    const { driver, process, advance } = await world();
    const pushing = process();
    const meddling = hookedDriver(driver, async ({ name, path }) => {
      if (name !== 'move' || path !== revisionLink(REPOSITORY, ONE)) return;
      advance(1);
      await driver.put(revisionLink(REPOSITORY, ONE), Buffer.from(ONE));
      advance(1);
      await pushing.tags.put(REPOSITORY, 'late', ONE);
      advance(1);
    });
    const { tags, tombstones } = process(meddling);
    expect(await tombstones.bury(REPOSITORY, ONE)).toBe(true);
    await tombstones.sweep(REPOSITORY);
    expect(await tags.list(REPOSITORY)).toEqual(['b']);
  });

  it('may have a tombstone beside names that are none', async () => {
    const { driver, process } = await world();
    await driver.put(`${tombstonesFolder(REPOSITORY)}/notes`, Buffer.from(''));
    const { tombstones } = process();
    expect(await tombstones.any(REPOSITORY)).toBe(false);
    await tombstones.sweep(REPOSITORY);
    await tombstones.clear(REPOSITORY, ONE);
  });
});

describe('a sweep', () => {
  it('that is asked for while one runs includes what was deleted in between', async () => {
    const { process } = await world();
    const { tags, tombstones } = process();
    await tombstones.bury(REPOSITORY, ONE);
    const first = tombstones.sweep(REPOSITORY);
    await tombstones.bury(REPOSITORY, TWO);
    await tombstones.sweep(REPOSITORY);
    expect(await tombstones.any(REPOSITORY)).toBe(false);
    expect(await tags.list(REPOSITORY)).toEqual([]);
    await first;
  });

  it('passes once over the tags, however many manifests were deleted', async () => {
    const { driver, process } = await world(50);
    const counts = { list: 0, stat: 0 };
    const { tombstones } = process(
      hookedDriver(driver, ({ name }) => {
        if (name === 'list' || name === 'stat') counts[name]++;
      }),
    );
    const deleted = Array.from({ length: 40 }, (_, index) => digestNamed(`untagged ${index}`));
    for (const digest of deleted) await driver.put(tombstone(REPOSITORY, digest), Buffer.from(digest));
    await tombstones.sweep(REPOSITORY);
    expect(await tombstones.any(REPOSITORY)).toBe(false);
    expect(counts.list).toBeLessThan(5);
    expect(counts.stat).toBeLessThan(300);
  });

  it('that fails can be tried again', async () => {
    const { driver, process } = await world();
    let broken = true;
    const { tags, tombstones } = process(
      hookedDriver(driver, ({ name }) => {
        if (broken && name === 'delete') throw new Error('the disk is gone');
      }),
    );
    await tombstones.bury(REPOSITORY, ONE);
    const joined = [tombstones.sweep(REPOSITORY), tombstones.sweep(REPOSITORY)];
    for (const sweep of joined) await expect(sweep).rejects.toThrow('the disk is gone');
    await expect(tombstones.clear(REPOSITORY, ONE)).rejects.toThrow('the disk is gone');
    broken = false;
    await tombstones.clear(REPOSITORY, ONE);
    expect(await tags.list(REPOSITORY)).toEqual(['b']);
  });

  it('that was killed at any step is ended by the next', async () => {
    for (let step = 0; step < 60; step++) {
      const { driver, process } = await world();
      await process().tombstones.bury(REPOSITORY, ONE);
      const sweep = (on: StorageDriver) => process(on).tombstones.sweep(REPOSITORY);
      await play({ driver, actors: { sweep } }, [], { actor: 'sweep', step });
      const { tags, tombstones } = process();
      await tombstones.sweep(REPOSITORY);
      expect(await tags.list(REPOSITORY)).toEqual(['b']);
      expect(await tombstones.any(REPOSITORY)).toBe(false);
    }
  });
});

describe('a manifest that is pushed again', () => {
  it('waits until its old tags are gone', async () => {
    const { driver, process, has } = await world(300);
    const { tombstones } = process();
    await tombstones.bury(REPOSITORY, ONE);
    void tombstones.sweep(REPOSITORY);
    const push = process();
    await push.tombstones.clear(REPOSITORY, ONE);
    expect(has(tombstone(REPOSITORY, ONE))).toBe(false);
    await driver.put(revisionLink(REPOSITORY, ONE), Buffer.from(ONE));
    await push.tags.put(REPOSITORY, 'fresh', ONE);
    expect(await push.tags.list(REPOSITORY)).toEqual(['b', 'fresh']);
    await tombstones.sweep(REPOSITORY);
    expect(await process().tags.list(REPOSITORY)).toEqual(['b', 'fresh']);
  });

  it('keeps its new tags, in whatever order the steps of two sweeps and the push come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 2 }), { maxLength: 120 }), async (schedule) => {
        const { driver, process, advance } = await world(2);
        await process().tombstones.bury(REPOSITORY, ONE);
        advance(1);
        const push = async (on: StorageDriver) => {
          const { tags, tombstones } = process(on);
          await tombstones.clear(REPOSITORY, ONE);
          await on.put(revisionLink(REPOSITORY, ONE), Buffer.from(ONE));
          await tags.put(REPOSITORY, 'a0', ONE);
        };
        const sweep = (on: StorageDriver) => process(on).tombstones.sweep(REPOSITORY);
        const { trace } = await play({ driver, actors: { push, sweep, sweep2: sweep } }, schedule);
        const { tags } = process();
        expect(await tags.list(REPOSITORY), trace.join('\n')).toEqual(['a0', 'b']);
        expect(await tags.resolve(REPOSITORY, 'a0')).toBe(ONE);
      }),
      { numRuns: 100 },
    );
  });
});
