import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { TRASH } from '../layout.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { playAll, type Actor } from '../testing/interleavings.js';
import { CollectorBusy, lockCollector } from './collector-lock.js';

const NOW = 1_700_000_000_000;

function world() {
  const driver = new InMemoryDriver({ now: () => NOW });
  const dead = new Set<string>();
  const lock = (own: string, on: StorageDriver = driver) =>
    lockCollector(on, { own, lives: (owner) => !dead.has(owner) }, () => NOW);
  return { driver, dead, lock };
}

describe('the lock of the collector', () => {
  it('is had by one at a time', async () => {
    const { lock } = world();
    const unlock = await lock('a');
    await expect(lock('b')).rejects.toMatchObject({ code: 'COLLECTOR_BUSY', owner: 'a' });
    await expect(lock('a')).rejects.toThrow(CollectorBusy);
    await unlock();
    await (
      await lock('b')
    )();
    await (
      await lock('a')
    )();
  });

  it('of a process that died goes to the next', async () => {
    const { driver, dead, lock } = world();
    await lock('a');
    dead.add('a');
    const unlock = await lock('b');
    await expect(lock('c')).rejects.toMatchObject({ owner: 'b' });
    await unlock();
    await lock('c');
    expect((await driver.list(TRASH).catch(() => ({ names: [] }))).names).toEqual([]);
  });

  it.each(['when it is free', 'when its owner died', 'when it is just given back'])(
    'goes to one of two, %s',
    async (when) => {
      const winners = new Set<string>();
      await playAll(
        async () => {
          const { driver, dead, lock } = world();
          const unlock = when === 'when it is free' ? undefined : await lock('before');
          if (when === 'when its owner died') dead.add('before');
          const take = (own: string) => async (on: StorageDriver) => {
            try {
              await lock(own, on);
              return true;
            } catch (error) {
              if (error instanceof CollectorBusy) return false;
              throw error;
            }
          };
          const actors: Record<string, Actor> = { a: take('a'), b: take('b') };
          if (when === 'when it is just given back' && unlock) actors.before = unlock;
          return { driver, actors };
        },
        ({ results }) => {
          const had = ['a', 'b'].filter((name) => results[name] === true);
          expect(had.length).toBeLessThanOrEqual(1);
          had.forEach((name) => winners.add(name));
        },
      );
      expect(winners).toEqual(new Set(['a', 'b']));
    },
  );

  it('is not had when the storage fails', async () => {
    const { driver, lock } = world();
    const broken = hookedDriver(driver, ({ name }) => {
      if (name === 'move') throw new Error('the disk is gone');
    });
    await expect(lock('a', broken)).rejects.toThrow('the disk is gone');
    await lock('b');
  });
});
