import { InMemoryDriver, StorageError, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { TRASH, uploadFolder, uploadsFolder } from '../layout.js';
import { hookedDriver, type DriverCall } from '../testing/hooked-driver.js';
import { play, playAll } from '../testing/interleavings.js';
import { UploadStore, type Claim } from './upload-store.js';

const REPOSITORY = 'team/app';
const NOW = 1_700_000_000_000;

/** A storage, and processes that share it; those in `dead` have ended. */
function world() {
  let time = NOW;
  const dead = new Set<string>();
  const driver = new InMemoryDriver({ now: () => time });
  const store = (own: string, on: StorageDriver = driver) =>
    new UploadStore(on, () => time, { own, lives: (owner) => !dead.has(owner) });
  const names = async (id: string) => (await driver.list(uploadFolder(REPOSITORY, id))).names;
  return { driver, dead, store, names, advance: (ms: number) => (time += ms) };
}

function claimed(answer: Claim | 'busy' | undefined): Claim {
  if (answer === undefined || answer === 'busy') throw new Error(`expected a claim, got ${answer}`);
  return answer;
}

describe('a session', () => {
  it('begins empty and tells when it began', async () => {
    const { driver, store, names } = world();
    const id = await store('a').create(REPOSITORY);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await names(id)).toEqual(['data', 'startedat']);
    expect((await driver.get(`${uploadFolder(REPOSITORY, id)}/startedat`)).toString()).toBe('2023-11-14T22:13:20Z');
    expect(await store('b').offset(REPOSITORY, id)).toBe(0);
  });

  it('under a name that several agree on begins once, whole, in any order of steps', async () => {
    const setUp = async () => {
      const { driver, store } = world();
      const begin = (own: string) => (on: StorageDriver) => store(own, on).begin(REPOSITORY, 'agreed');
      return { driver, actors: { a: begin('a'), b: begin('b') } };
    };
    const plays = await playAll(setUp, async (_, { driver }) => {
      const folder = uploadFolder(REPOSITORY, 'agreed');
      expect((await driver.list(folder)).names).toEqual(['data', 'startedat']);
      expect((await driver.list(TRASH).catch(() => ({ names: [] }))).names).toEqual([]);
    });
    expect(plays).toBeGreaterThan(1);
  });

  it('is looked at wherever its data lies', async () => {
    const { driver, store } = world();
    await store('a').begin(REPOSITORY, 'agreed');
    const claim = claimed(await store('a').claim(REPOSITORY, 'agreed'));
    await driver.put(claim.path, Buffer.from('12345'));
    expect(await store('b').look(REPOSITORY, 'agreed')).toEqual({ path: claim.path, size: 5 });
    await store('b').begin(REPOSITORY, 'agreed'); // another one has it: nothing changes
    expect(await store('b').look(REPOSITORY, 'agreed')).toEqual({ path: claim.path, size: 5 });
    await claim.release();
    const path = `${uploadFolder(REPOSITORY, 'agreed')}/data`;
    expect(await store('b').look(REPOSITORY, 'agreed')).toEqual({ path, size: 5 });
    expect(await store('b').look(REPOSITORY, 'other')).toBeUndefined();
  });

  it.each(['startedat', 'data'])('leaves nothing when there is no room for its file %s', async (name) => {
    const { driver, store } = world();
    const full = hookedDriver(driver, ({ path }) => {
      if (path.endsWith(`/${name}`)) throw new StorageError('DEVICE_OUT_OF_SPACE', path);
    });
    await expect(store('a', full).create(REPOSITORY)).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_SPACE' });
    const left = await driver.list(uploadsFolder(REPOSITORY)).catch(() => ({ names: [] }));
    expect(left.names).toEqual([]);
  });

  it('is unknown in another repository, and before it was begun', async () => {
    const { store } = world();
    const id = await store('a').create(REPOSITORY);
    expect(await store('a').offset('team/other', id)).toBeUndefined();
    expect(await store('a').claim('team/other', id)).toBeUndefined();
    expect(await store('a').remove('team/other', id)).toBe(false);
  });

  it('of docker-registry goes on', async () => {
    const { driver, store } = world();
    const folder = uploadFolder(REPOSITORY, 'theirs');
    await driver.put(`${folder}/data`, Buffer.from('12345'));
    await driver.put(`${folder}/hashstates/sha256/5`, Buffer.from('state'));
    const claim = claimed(await store('a').claim(REPOSITORY, 'theirs'));
    expect(claim.offset).toBe(5);
    expect((await driver.get(claim.path)).toString()).toBe('12345');
  });

  it('ends with all its files', async () => {
    const { driver, store } = world();
    const id = await store('a').create(REPOSITORY);
    await store('a').claim(REPOSITORY, id);
    expect(await store('a').remove(REPOSITORY, id)).toBe(true);
    expect((await driver.list(uploadsFolder(REPOSITORY))).names).toEqual([]);
    expect(await store('a').remove(REPOSITORY, id)).toBe(false);
  });
});

describe('a claim', () => {
  it('keeps others out until it is released, and shows them how far it is', async () => {
    const { driver, store } = world();
    const [a, b] = [store('a'), store('b')];
    const id = await a.create(REPOSITORY);
    const claim = claimed(await a.claim(REPOSITORY, id));
    expect(await a.claim(REPOSITORY, id)).toBe('busy');
    expect(await b.claim(REPOSITORY, id)).toBe('busy');
    await (await driver.writer(claim.path, { append: true })).write(Buffer.from('123'));
    expect(await b.offset(REPOSITORY, id)).toBe(3);
    await claim.release();
    expect(claimed(await b.claim(REPOSITORY, id)).offset).toBe(3);
    expect(await a.claim(REPOSITORY, id)).toBe('busy');
  });

  it('of a process that has ended goes to the next', async () => {
    const { store, dead, names } = world();
    const id = await store('a').create(REPOSITORY);
    await store('a').claim(REPOSITORY, id);
    dead.add('a');
    const claim = claimed(await store('b').claim(REPOSITORY, id));
    expect(await names(id)).toEqual(['data.b', 'startedat']);
    await claim.release();
    expect(await names(id)).toEqual(['data', 'startedat']);
  });

  it('that this process has lost track of is its own', async () => {
    const { store } = world();
    const id = await store('a').create(REPOSITORY);
    await store('a').claim(REPOSITORY, id);
    expect(claimed(await store('a').claim(REPOSITORY, id)).offset).toBe(0);
  });

  it.each(['a session that is free', 'one whose owner has ended'])('of two, one gets %s', async (kind) => {
    const seen = new Set<string>();
    await playAll(
      async () => {
        const { driver, store, dead } = world();
        const id = await store('gone').create(REPOSITORY);
        if (kind !== 'a session that is free') claimed(await store('gone').claim(REPOSITORY, id));
        dead.add('gone');
        const claim = (name: string) => async (on: StorageDriver) => {
          const answer = await store(name, on).claim(REPOSITORY, id);
          return typeof answer === 'object' ? 'claimed' : answer;
        };
        return { driver, actors: { a: claim('a'), b: claim('b') } };
      },
      ({ results }) => {
        const answers = Object.values(results).map(String).sort();
        expect(answers).toEqual(['busy', 'claimed']);
        seen.add(String(results.a));
      },
    );
    expect(seen).toEqual(new Set(['busy', 'claimed']));
  });

  it('can always be had when the one before is released, in whatever order', async () => {
    await playAll(
      async () => {
        const { driver, store } = world();
        const id = await store('a').create(REPOSITORY);
        const turn = (name: string) => async (on: StorageDriver, pause: () => Promise<void>) => {
          for (;;) {
            const answer = await store(name, on).claim(REPOSITORY, id);
            if (answer === undefined) return 'lost';
            if (answer !== 'busy') return answer.release();
            await pause();
          }
        };
        return { driver, actors: { a: turn('a'), b: turn('b') } };
      },
      ({ results }) => expect(results).toEqual({ a: undefined, b: undefined }),
    );
  });

  it.each(['stat', 'move'])('does not hold the session when %s fails under way', async (name) => {
    const { driver, store } = world();
    const id = await store('a').create(REPOSITORY);
    let broken = true;
    const fails = ({ name: called, path, target = path }: DriverCall) => {
      if (broken && called === name && target.endsWith('data.a')) {
        broken = false;
        throw new Error('the disk is gone');
      }
    };
    const a = store('a', hookedDriver(driver, fails));
    await expect(a.claim(REPOSITORY, id)).rejects.toThrow('the disk is gone');
    expect(claimed(await a.claim(REPOSITORY, id)).offset).toBe(0);
  });

  it('that cannot be released can be had again by its process', async () => {
    const { driver, store } = world();
    const id = await store('a').create(REPOSITORY);
    const fails = ({ name, target }: DriverCall) => {
      if (name === 'move' && target?.endsWith('/data')) throw new Error('the disk is gone');
    };
    const a = store('a', hookedDriver(driver, fails));
    await expect(claimed(await a.claim(REPOSITORY, id)).release()).rejects.toThrow('the disk is gone');
    expect(claimed(await a.claim(REPOSITORY, id)).offset).toBe(0);
  });

  it('is released without harm when the session was removed meanwhile', async () => {
    const { store } = world();
    const id = await store('a').create(REPOSITORY);
    const claim = claimed(await store('a').claim(REPOSITORY, id));
    await store('b').remove(REPOSITORY, id);
    await claim.release();
    expect(await store('a').claim(REPOSITORY, id)).toBeUndefined();
  });

  it('is answered by "unknown" or "busy" when the session is removed under way, and leaves nothing', async () => {
    await playAll(
      async () => {
        const { driver, store } = world();
        const id = await store('a').create(REPOSITORY);
        const claim = async (on: StorageDriver) => {
          const answer = await store('a', on).claim(REPOSITORY, id);
          if (typeof answer === 'object') await answer.release();
        };
        return { driver, actors: { claim, remove: (on) => store('b', on).remove(REPOSITORY, id) } };
      },
      async (_outcome, { driver }) => {
        expect((await driver.list(uploadsFolder(REPOSITORY))).names).toEqual([]);
      },
    );
  });
});

describe('offset', () => {
  it('is known at every moment of a claim and its release', async () => {
    for (const schedule of [
      [0, 1, 0, 1, 0, 1, 0, 1],
      [1, 0, 1, 0, 1, 0, 1, 0],
      [0, 0, 1, 0, 0, 1, 0, 0],
    ]) {
      const { driver, store } = world();
      const id = await store('a').create(REPOSITORY);
      const actors = {
        claimer: async (on: StorageDriver) => claimed(await store('a', on).claim(REPOSITORY, id)).release(),
        looker: (on: StorageDriver) => store('b', on).offset(REPOSITORY, id),
      };
      expect((await play({ driver, actors }, schedule)).results.looker).toBe(0);
    }
  });
});

describe('purge', () => {
  const HOUR = 3_600_000;

  it('ends what nobody has written to for long, and nothing else', async () => {
    const { driver, dead, store, advance } = world();
    const a = store('a');
    const [forgotten, orphaned, broken] = [await a.create(REPOSITORY), await a.create(REPOSITORY), 'broken'];
    claimed(await store('c').claim(REPOSITORY, orphaned));
    dead.add('c');
    await driver.put(`${uploadFolder(REPOSITORY, broken)}/startedat`, Buffer.from('2023'));
    advance(HOUR - 1);
    const fresh = await a.create(REPOSITORY);
    const written = await a.create(REPOSITORY);
    advance(1);
    await (await driver.writer(`${uploadFolder(REPOSITORY, written)}/data`, { append: true })).write(Buffer.from('1'));
    const expected = [forgotten, orphaned, broken].sort();
    expect(await store('b').purge(REPOSITORY, HOUR, true)).toEqual(expected);
    expect((await driver.list(uploadsFolder(REPOSITORY))).names).toHaveLength(5);
    expect(await store('b').purge(REPOSITORY, HOUR, false)).toEqual(expected);
    expect((await driver.list(uploadsFolder(REPOSITORY))).names).toEqual([fresh, written].sort());
  });

  it('spares what a living process holds, however silent', async () => {
    const { store, advance } = world();
    const id = await store('a').create(REPOSITORY);
    const claim = claimed(await store('a').claim(REPOSITORY, id));
    advance(HOUR);
    expect(await store('b').purge(REPOSITORY, HOUR, false)).toEqual([]);
    await claim.release();
    expect(await store('b').purge(REPOSITORY, HOUR, false)).toEqual([id]);
  });

  it('spares what is written to at the last moment', async () => {
    const { driver, store, advance } = world();
    const id = await store('a').create(REPOSITORY);
    advance(HOUR);
    const data = `${uploadFolder(REPOSITORY, id)}/data`;
    const hooked = hookedDriver(driver, async ({ name, path }) => {
      if (name !== 'move' || path !== data) return;
      await (await driver.writer(data, { append: true })).write(Buffer.from('1'));
    });
    expect(await store('b', hooked).purge(REPOSITORY, HOUR, false)).toEqual([]);
    expect(await store('a').offset(REPOSITORY, id)).toBe(1);
    expect(claimed(await store('a').claim(REPOSITORY, id)).offset).toBe(1);
  });

  it('finds nothing in a repository without uploads', async () => {
    expect(await world().store('a').purge('nobody/here', 0, false)).toEqual([]);
  });
});
