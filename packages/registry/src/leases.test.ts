import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Leased } from './leases.js';
import { Leases } from './leases.js';
import { play, playAll, type Actor, type Play } from './testing/interleavings.js';

const LEASE_MS = 1000;
const START = 1_000_000;
const CUTOFF = START - LEASE_MS;
const LEASED: Leased = { folder: '/blobs/one', file: 'data', condemned: '/condemned/one' };
const PATH = `${LEASED.folder}/${LEASED.file}`;

/** A file that was last leased `age` milliseconds before the collector began. */
async function world(age: number) {
  let time = START - age;
  const driver = new InMemoryDriver({ now: () => time });
  await driver.put(PATH, Buffer.from('content'));
  time = START;
  return {
    driver,
    advance: (ms: number) => (time += ms),
    leases: (actor: StorageDriver = driver, pause: () => Promise<void> = async () => undefined) =>
      new Leases(actor, LEASE_MS, () => time, pause),
  };
}

type World = Awaited<ReturnType<typeof world>>;

const taker =
  ({ leases }: World): Actor =>
  async (driver, pause) =>
    (await leases(driver, pause).take(LEASED)) !== undefined;

const collector =
  ({ leases }: World, restoreFirst = false): Actor =>
  async (driver, pause) => {
    const collecting = leases(driver, pause);
    if (restoreFirst) await collecting.restore(LEASED);
    return collecting.collect(LEASED, CUTOFF);
  };

/** Does what a client does that is told to upload: writes the file anew. */
const pusher =
  ({ leases }: World): Actor =>
  async (driver, pause) => {
    if (await leases(driver, pause).take(LEASED)) return 'relied on it';
    await driver.put(PATH, Buffer.from('content'));
    return 'uploaded it';
  };

const isThere = async ({ driver }: Pick<Play, 'driver'>) =>
  (await driver.stat(PATH).catch(() => undefined)) !== undefined;
const isCondemned = async ({ driver }: Pick<Play, 'driver'>) =>
  (await driver.stat(LEASED.condemned).catch(() => undefined)) !== undefined;

describe('a push and the collector', () => {
  it('agree in every order of their steps', async () => {
    const seen = new Set<string>();
    const plays = await playAll(
      async () => {
        const stage = await world(2 * LEASE_MS);
        return { driver: stage.driver, actors: { push: taker(stage), gc: collector(stage) } };
      },
      async ({ results }, scene) => {
        const there = await isThere(scene);
        expect(results).toEqual({ push: there, gc: !there });
        expect(await isCondemned(scene)).toBe(false);
        seen.add(`${String(results.push)}`);
      },
    );
    expect(seen).toEqual(new Set(['true', 'false']));
    expect(plays).toBeGreaterThan(20);
  });

  it.each(['push', 'other'])('agree when two processes push and %s is killed at any step', async (actor) => {
    for (let step = 0; step < 6; step++) {
      await playAll(
        async () => {
          const stage = await world(2 * LEASE_MS);
          return { driver: stage.driver, actors: { push: pusher(stage), other: taker(stage) } };
        },
        async ({ results }, scene) => {
          if (results.push !== undefined) expect(await isThere(scene)).toBe(true);
        },
        { actor, step },
      );
    }
  });

  it('agree when the collector is killed at any step: a lease that is taken afterwards tells the truth', async () => {
    for (let step = 0; step < 8; step++) {
      await playAll(
        async () => {
          const stage = await world(2 * LEASE_MS);
          return { driver: stage.driver, actors: { push: pusher(stage), gc: collector(stage) } };
        },
        async ({ results }, scene) => {
          expect(results.push).toMatch(/relied|uploaded/);
          const leases = new Leases(
            scene.driver,
            LEASE_MS,
            () => START,
            async () => undefined,
          );
          expect(await leases.look(LEASED)).toMatchObject({ size: 7 });
          expect(await leases.take(LEASED)).toMatchObject({ size: 7 });
        },
        { actor: 'gc', step },
      );
    }
  });

  it('never lose a file that a push relies on, with two collectors and two pushes at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { maxLength: 60 }), async (schedule) => {
        const stage = await world(2 * LEASE_MS);
        const actors = {
          push: pusher(stage),
          other: taker(stage),
          gc: collector(stage),
          gc2: collector(stage, true),
        };
        const { results, trace } = await play({ driver: stage.driver, actors }, schedule);
        const there = (await isThere(stage)) || (await isCondemned(stage));
        expect(there, trace.join('\n')).toBe(true);
        expect(results.push).toMatch(/relied|uploaded/);
      }),
      { numRuns: 300 },
    );
  });

  it('keep a file that a second collector restored, and that was leased, between verdict and deletion', async () => {
    const stage = await world(2 * LEASE_MS);
    const actors = { gc: collector(stage), gc2: collector(stage, true), push: taker(stage) };
    const [gc, gc2, push] = [0, 1, 2];
    const schedule = [gc, gc, gc, gc2, gc2, push, push, gc2, gc, gc, gc];
    const { results, trace } = await play({ driver: stage.driver, actors }, schedule);
    expect(trace.map((step) => step.replace(/\/longshore\/.*/, '/trash'))).toEqual([
      'gc: stat /blobs/one/data',
      'gc: move /blobs/one /condemned/one',
      'gc: stat /condemned/one/data',
      'gc2: move /condemned/one /blobs/one',
      'gc2: stat /blobs/one/data',
      'push: touch /blobs/one/data',
      'push: stat /blobs/one/data',
      'gc2: move /blobs/one /condemned/one',
      'gc: move /condemned/one /docker/registry/v2/trash',
      'gc: stat /docker/registry/v2/trash',
      'gc: move /docker/registry/v2/trash',
      'gc2: stat /condemned/one/data',
      'gc2: move /condemned/one /blobs/one',
    ]);
    expect(results).toEqual({ push: true, gc: false, gc2: false });
    expect(await isThere(stage)).toBe(true);
  });

  it.each([
    { age: LEASE_MS - 1, collected: false },
    { age: LEASE_MS, collected: true },
    { age: LEASE_MS + 1, collected: true },
  ])('a lease of $age ms: collected is $collected', async ({ age, collected }) => {
    const stage = await world(age);
    expect(await stage.leases().collect(LEASED, CUTOFF)).toBe(collected);
    expect(await isThere(stage)).toBe(!collected);
  });

  it('a file that is not there is not collected', async () => {
    const { leases } = await world(2 * LEASE_MS);
    expect(await leases().collect({ ...LEASED, folder: '/blobs/two' }, CUTOFF)).toBe(false);
  });
});

describe('a collector that was killed', () => {
  it('leaves a file that can be read, leased and put back', async () => {
    const stage = await world(2 * LEASE_MS);
    await stage.driver.move(LEASED.folder, LEASED.condemned);
    expect(await stage.leases().look(LEASED)).toMatchObject({ size: 7 });
    expect(await stage.leases().take(LEASED)).toMatchObject({ size: 7, modified: START });
    expect(await isCondemned(stage)).toBe(false);
    await stage.driver.move(LEASED.folder, LEASED.condemned);
    await stage.leases().restore(LEASED);
    expect(await isThere(stage)).toBe(true);
  });

  it('leaves nothing behind when the file was uploaded again', async () => {
    const stage = await world(2 * LEASE_MS);
    await stage.driver.move(LEASED.folder, LEASED.condemned);
    await stage.driver.put(PATH, Buffer.from('uploaded again'));
    await stage.leases().restore(LEASED);
    expect(await stage.leases().look(LEASED)).toMatchObject({ size: 14 });
    expect(await isCondemned(stage)).toBe(false);
  });

  it('does not keep a later one from its work', async () => {
    const stage = await world(2 * LEASE_MS);
    await stage.driver.put(`${LEASED.condemned}/${LEASED.file}`, Buffer.from('old'));
    expect(await stage.leases().collect(LEASED, CUTOFF)).toBe(false);
    expect(await isThere(stage)).toBe(true);
  });
});

describe('look', () => {
  it('finds a file at every moment of a collection that spares it', async () => {
    await playAll(
      async () => {
        const stage = await world(2 * LEASE_MS);
        const look: Actor = async (driver) => (await stage.leases(driver).look(LEASED)) !== undefined;
        // Leased by another process between the collector's first look and its move.
        const spared: Actor = async (driver) => {
          await stage.driver.touch(PATH);
          await driver.move(LEASED.folder, LEASED.condemned);
          await stage.leases(driver).restore(LEASED);
        };
        return { driver: stage.driver, actors: { look, spared } };
      },
      ({ results }) => expect(results.look).toBe(true),
    );
  });
});

describe('renewal', () => {
  it.each([
    { after: LEASE_MS / 4 - 1, renewed: false },
    { after: LEASE_MS / 4, renewed: true },
  ])('$after ms after the last: $renewed', async ({ after, renewed }) => {
    const { leases, advance, driver } = await world(2 * LEASE_MS);
    const held = leases();
    await held.take(LEASED);
    advance(after);
    expect((await held.take(LEASED))?.modified).toBe(renewed ? START + after : START);
    expect((await driver.stat(PATH)).modified).toBe(renewed ? START + after : START);
  });

  it('is no proof that the file is still there', async () => {
    const { leases, driver } = await world(0);
    const held = leases();
    await held.take(LEASED);
    await driver.delete(LEASED.folder);
    expect(await held.take(LEASED)).toBeUndefined();
  });
});

describe('other failures', () => {
  it.each([
    ['take', 'touch', (leases: Leases) => leases.take(LEASED)],
    ['collect', 'move', (leases: Leases) => leases.collect(LEASED, CUTOFF)],
    ['restore', 'move', (leases: Leases) => leases.restore(LEASED)],
  ] as const)('%s passes on what %s says', async (_name, call, run) => {
    const { driver, leases } = await world(2 * LEASE_MS);
    const broken = new Proxy(driver, {
      get: (target, key): unknown =>
        key === call
          ? () => Promise.reject(new Error('the disk is gone'))
          : (Reflect.get(target, key, target) as () => void).bind(target),
    });
    await expect(run(leases(broken))).rejects.toThrow('the disk is gone');
  });
});
