import { lutimes } from 'node:fs/promises';
import type { Digest } from '@longshore/oci';
import { FilesystemDriver, InMemoryDriver, type StorageDriver } from '@longshore/storage';
import fc from 'fast-check';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { describe, expect, it } from 'vitest';
import { currentLink, indexLink, tagFolder, tagsFolder, TRASH } from '../layout.js';
import { digestNamed } from '../testing/digests.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { playAll } from '../testing/interleavings.js';
import { TagStore } from './tag-store.js';

const REPOSITORY = 'team/app';
const NOW = 1_700_000_000_000;
const [ONE, TWO, THREE] = ['one', 'two', 'three'].map(digestNamed) as [Digest, Digest, Digest];

function memory() {
  let time = NOW;
  const driver = new InMemoryDriver({ now: () => time });
  const tags = (on: StorageDriver = driver) => new TagStore(on, { now: () => time });
  return { driver, tags, advance: (ms: number) => (time += ms) };
}

const drivers: [string, () => Promise<StorageDriver>][] = [
  ['inmemory', async () => new InMemoryDriver()],
  ['filesystem', async () => new FilesystemDriver({ rootDirectory: temporaryFolder('tags') })],
];

describe.each(drivers)('tags on %s', (_name, makeDriver) => {
  it('appear, move and go', async () => {
    const driver = await makeDriver();
    const tags = new TagStore(driver);
    expect(await tags.list(REPOSITORY)).toBeUndefined();
    expect(await tags.resolve(REPOSITORY, 'latest')).toBeUndefined();
    await tags.put(REPOSITORY, 'latest', ONE);
    await tags.put(REPOSITORY, 'v1', ONE);
    await tags.put(REPOSITORY, 'latest', TWO);
    expect(await tags.list(REPOSITORY)).toEqual(['latest', 'v1']);
    expect(await tags.resolve(REPOSITORY, 'latest')).toBe(TWO);
    expect(await tags.resolve(REPOSITORY, 'v1')).toBe(ONE);
    expect(await tags.delete(REPOSITORY, 'latest')).toBe(true);
    expect(await tags.delete(REPOSITORY, 'latest')).toBe(false);
    expect(await tags.list(REPOSITORY)).toEqual(['v1']);
    expect(await tags.resolve(REPOSITORY, 'latest')).toBeUndefined();
  });

  it('appear together when what they wait for is done', async () => {
    const driver = await makeDriver();
    const tags = new TagStore(driver);
    await tags.put(REPOSITORY, 'latest', ONE);
    let finish = () => {};
    const work = new Promise<void>((resolve) => (finish = resolve));
    const set = tags.putAfter([work], REPOSITORY, ['latest', 'v2'], TWO);
    expect(await tags.list(REPOSITORY)).toEqual(['latest']);
    finish();
    await set;
    expect(await tags.list(REPOSITORY)).toEqual(['latest', 'v2']);
    for (const tag of ['latest', 'v2']) expect(await tags.resolve(REPOSITORY, tag)).toBe(TWO);
  });

  it('stay as they were when what they wait for fails, and nothing is left', async () => {
    const driver = await makeDriver();
    const tags = new TagStore(driver);
    await tags.put(REPOSITORY, 'latest', ONE);
    const work = [Promise.reject(new Error('refused'))];
    await expect(tags.putAfter(work, REPOSITORY, ['latest', 'v2'], TWO)).rejects.toThrow('refused');
    expect(await tags.list(REPOSITORY)).toEqual(['latest']);
    expect(await tags.resolve(REPOSITORY, 'latest')).toBe(ONE);
    expect((await driver.list(TRASH)).names).toEqual([]);
  });

  it('lie where docker-registry looks for them', async () => {
    const driver = await makeDriver();
    const tags = new TagStore(driver);
    await tags.put(REPOSITORY, 'latest', ONE);
    await tags.put(REPOSITORY, 'latest', TWO);
    const folder = tagFolder(REPOSITORY, 'latest');
    expect((await driver.get(currentLink(folder))).toString()).toBe(TWO);
    expect((await driver.get(indexLink(folder, ONE))).toString()).toBe(ONE);
    expect((await driver.get(indexLink(folder, TWO))).toString()).toBe(TWO);
    expect((await driver.list(folder)).names).toEqual(['current', 'index']);
  });

  it.each([
    ['a line end behind the digest', `${ONE}\n`, ONE],
    ['nothing', '', undefined],
    ['something else', 'sha256:short', undefined],
  ])('whose link holds %s', async (_what, content, expected) => {
    const driver = await makeDriver();
    await driver.put(currentLink(tagFolder(REPOSITORY, 'latest')), Buffer.from(content));
    expect(await new TagStore(driver).resolve(REPOSITORY, 'latest')).toBe(expected);
  });

  it('are listed in ascending order of their code units, whatever they are called', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 8 }), async (names) => {
        const tags = new TagStore(await makeDriver());
        for (const tag of names) await tags.put(REPOSITORY, tag, ONE);
        const sorted = names.length === 0 ? undefined : [...names].sort();
        expect(await tags.list(REPOSITORY)).toEqual(sorted);
      }),
      { numRuns: 15 },
    );
  });

  it('set before their manifest was deleted go, others stay', async () => {
    const tags = new TagStore(await makeDriver());
    for (const tag of ['old', 'older', 'oldest']) await tags.put(REPOSITORY, tag, ONE);
    await tags.put(REPOSITORY, 'two', TWO);
    await tags.put(REPOSITORY, 'three', THREE);
    const later = Date.now() + 60_000;
    const graves = new Map([
      [ONE, later],
      [TWO, later],
      [THREE, 0],
    ]);
    await tags.deleteOlder(REPOSITORY, graves);
    expect(await tags.list(REPOSITORY)).toEqual(['three']);
  });
});

describe('a second process', () => {
  const tag = fc.constantFrom('latest', 'v1', 'v2');
  const act = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), tag, digest: fc.constantFrom(ONE, TWO, THREE), by: fc.nat(1) }),
    fc.record({ kind: fc.constant('delete' as const), tag, by: fc.nat(1) }),
    fc.record({ kind: fc.constant('age' as const) }),
  );

  let aged = NOW / 1000;

  /** As if everything had been written long ago, so that it may be remembered. */
  async function age(root: string, model: Map<string, Digest>): Promise<void> {
    const paths = [...model.keys()].map((name) => currentLink(tagFolder(REPOSITORY, name)));
    for (const path of [...paths, tagsFolder(REPOSITORY)]) {
      aged++; // two versions never look alike
      await lutimes(`${root}${path}`, aged, aged).catch(() => undefined);
    }
  }

  it('sees at once what the first has written, and the other way round', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const root = temporaryFolder('tags');
        const stores = [0, 1].map(() => new TagStore(new FilesystemDriver({ rootDirectory: root }))) as [
          TagStore,
          TagStore,
        ];
        const model = new Map<string, Digest>();
        for (const step of acts) {
          if (step.kind === 'age') await age(root, model);
          else if (step.kind === 'put') {
            await stores[step.by as 0 | 1].put(REPOSITORY, step.tag, step.digest);
            model.set(step.tag, step.digest);
          } else {
            expect(await stores[step.by as 0 | 1].delete(REPOSITORY, step.tag)).toBe(model.delete(step.tag));
          }
          for (const store of stores) {
            for (const name of ['latest', 'v1', 'v2'])
              expect(await store.resolve(REPOSITORY, name)).toBe(model.get(name));
            expect((await store.list(REPOSITORY)) ?? []).toEqual([...model.keys()].sort());
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is remembered', () => {
  const counting = () => {
    const world = memory();
    const calls: string[] = [];
    const tags = world.tags(hookedDriver(world.driver, ({ name }) => void calls.push(name)));
    const during = async (work: () => Promise<unknown>) => {
      calls.length = 0;
      await work();
      return [...calls];
    };
    return { ...world, tags, during };
  };

  it('is a digest whose link was settled when it was read', async () => {
    const { tags, during, advance } = counting();
    const resolve = () => tags.resolve(REPOSITORY, 'latest');
    await tags.put(REPOSITORY, 'latest', ONE);
    advance(1000);
    expect(await during(resolve)).toEqual(['stat', 'get']);
    expect(await during(resolve)).toEqual(['stat', 'get']);
    advance(1);
    expect(await during(resolve)).toEqual(['stat', 'get']);
    expect(await during(resolve)).toEqual(['stat']);
    await tags.put(REPOSITORY, 'latest', TWO);
    expect(await during(resolve)).toEqual(['stat', 'get']);
  });

  it('is a list that was settled when it was read', async () => {
    const { tags, during, advance } = counting();
    const list = () => tags.list(REPOSITORY);
    await tags.put(REPOSITORY, 'a', ONE);
    expect(await during(list)).toEqual(['stat', 'list']);
    advance(1001);
    expect(await during(list)).toEqual(['stat', 'list']);
    expect(await during(list)).toEqual(['stat']);
  });

  it('is no list that changed since, even where a folder does not tell', async () => {
    const { tags, advance } = memory();
    const store = tags();
    await store.put(REPOSITORY, 'a', ONE);
    advance(2000);
    const changes: [() => Promise<unknown>, string[]][] = [
      [() => store.put(REPOSITORY, 'b', TWO), ['a', 'b']],
      [() => store.delete(REPOSITORY, 'a'), ['b']],
      [() => store.deleteOlder(REPOSITORY, new Map([[TWO, Infinity]])), []],
    ];
    for (const [change, expected] of changes) {
      await store.list(REPOSITORY);
      await change();
      expect(await store.list(REPOSITORY)).toEqual(expected);
    }
  });

  it('is no list that changed while it was read', async () => {
    const { driver, tags, advance } = memory();
    const store = tags();
    await store.put(REPOSITORY, 'a', ONE);
    advance(2000);
    const list = driver.list.bind(driver);
    let interfere: (() => Promise<unknown>) | undefined = () => store.put(REPOSITORY, 'b', TWO);
    driver.list = async (path, options) => {
      const page = await list(path, options);
      const change = interfere;
      interfere = undefined;
      await change?.();
      return page;
    };
    expect(await store.list(REPOSITORY)).toEqual(['a']);
    expect(await store.list(REPOSITORY)).toEqual(['a', 'b']);
  });
});

describe('at every moment', () => {
  it('of its creation a tag is listed only when it can be resolved', async () => {
    const { driver, tags } = memory();
    const observer = tags();
    const seen = new Set<string>();
    const observe = async () => {
      for (const tag of (await observer.list(REPOSITORY)) ?? []) {
        seen.add(tag);
        expect(await observer.resolve(REPOSITORY, tag)).toBe(ONE);
      }
    };
    const watched = tags(hookedDriver(driver, observe));
    for (const tag of ['a', 'b', 'a']) await watched.put(REPOSITORY, tag, ONE);
    await watched.delete(REPOSITORY, 'a');
    expect(seen).toEqual(new Set(['a', 'b']));
  });

  it('of its move a tag points to the old or the new manifest', async () => {
    const { driver, tags } = memory();
    await tags().put(REPOSITORY, 'a', ONE);
    const seen = new Set<unknown>();
    const watched = tags(hookedDriver(driver, async () => void seen.add(await tags().resolve(REPOSITORY, 'a'))));
    await watched.put(REPOSITORY, 'a', TWO);
    expect(seen).toEqual(new Set([ONE]));
    expect(await tags().resolve(REPOSITORY, 'a')).toBe(TWO);
  });
});

describe('in every order of steps', () => {
  it('two pushes of a new tag leave one of both', async () => {
    const seen = new Set<unknown>();
    await playAll(
      async () => {
        const { driver, tags } = memory();
        const put = (digest: Digest) => (on: StorageDriver) => tags(on).put(REPOSITORY, 'new', digest);
        return { driver, actors: { one: put(ONE), two: put(TWO) } };
      },
      async (_outcome, { driver }) => {
        const digest = await new TagStore(driver).resolve(REPOSITORY, 'new');
        expect([ONE, TWO]).toContain(digest);
        seen.add(digest);
      },
    );
    expect(seen.size).toBe(2);
  });

  it('a push wins against the sweeping of what the tag was before', async () => {
    await playAll(
      async () => {
        const { driver, tags, advance } = memory();
        await tags().put(REPOSITORY, 'latest', ONE);
        advance(10);
        return {
          driver,
          actors: {
            push: (on) => tags(on).put(REPOSITORY, 'latest', TWO),
            sweep: (on) => tags(on).deleteOlder(REPOSITORY, new Map([[ONE, NOW + 10]])),
          },
        };
      },
      async (_outcome, { driver }) => {
        expect(await new TagStore(driver).resolve(REPOSITORY, 'latest')).toBe(TWO);
      },
    );
  });

  it('a push beside a deletion leaves the tag as pushed, or nothing', async () => {
    const seen = new Set<unknown>();
    await playAll(
      async () => {
        const { driver, tags } = memory();
        await tags().put(REPOSITORY, 'latest', ONE);
        return {
          driver,
          actors: {
            push: (on) => tags(on).put(REPOSITORY, 'latest', TWO),
            remove: (on) => tags(on).delete(REPOSITORY, 'latest'),
          },
        };
      },
      async ({ results }, { driver }) => {
        const digest = await new TagStore(driver).resolve(REPOSITORY, 'latest');
        expect([TWO, undefined]).toContain(digest);
        expect(results.remove).toBe(true);
        seen.add(digest);
      },
    );
    expect(seen.size).toBe(2);
  });
});
