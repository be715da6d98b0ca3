import { digestOf, MediaType } from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { backlink, blobData, leasedRevision, revisionLink } from '../layout.js';
import { Leases } from '../leases.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { playAll } from '../testing/interleavings.js';
import { blobNamed, imageNamed, indexNamed } from '../testing/manifests.js';
import { ContentCache } from './content-cache.js';
import { ManifestStore } from './manifest-store.js';

const REPOSITORY = 'team/app';
const LEASE_MS = 1000;
const IMAGE = imageNamed('image', { layers: [blobNamed('layer')] });
const INDEX = indexNamed('index', [IMAGE.descriptor]);
const SIGNATURE = imageNamed('signature', { subject: IMAGE.descriptor, artifactType: 'application/vnd.example' });

function world() {
  let time = 1_700_000_000_000;
  const driver = new InMemoryDriver({ now: () => time });
  const store = (on: StorageDriver = driver, maxBytes = 10_000) =>
    new ManifestStore(
      on,
      new Leases(on, LEASE_MS, () => time),
      new ContentCache({ maxBytes: 2 ** 20, entryBytes: 2 ** 16 }),
      maxBytes,
    );
  const has = (path: string) => driver.statNow(path) !== undefined;
  return { driver, store, has, advance: (ms: number) => (time += ms) };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a manifest', () => {
  it('is given back as it came, to the repositories that hold it', async () => {
    const { store } = world();
    const { digest, manifest } = IMAGE;
    await store().put(REPOSITORY, manifest, digest);
    for (const reader of [store(), store()]) {
      expect(await reader.has(REPOSITORY, digest)).toBe(true);
      expect(await reader.get(REPOSITORY, digest)).toEqual({
        bytes: Buffer.from(manifest.raw),
        mediaType: MediaType.ociManifest,
      });
      expect((await reader.parsed(REPOSITORY, digest))?.config).toEqual(manifest.config);
      expect(await reader.get('team/other', digest)).toBeUndefined();
      expect(await reader.parsed('team/other', digest)).toBeUndefined();
      expect(await all(reader.list(REPOSITORY))).toEqual([digest]);
      expect(await all(reader.list('team/other'))).toEqual([]);
    }
  });

  it('of sha512 is found too', async () => {
    const { store } = world();
    const digest = digestOf(IMAGE.manifest.raw, 'sha512');
    await store().put(REPOSITORY, IMAGE.manifest, digest);
    await store().put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    expect((await store().get(REPOSITORY, digest))?.bytes).toEqual(IMAGE.manifest.raw);
    expect(await all(store().list(REPOSITORY))).toEqual([IMAGE.digest, digest]);
  });

  it('is not kept in memory beyond its deletion', async () => {
    const { driver, store } = world();
    const reader = store();
    await reader.put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    await driver.delete(revisionLink(REPOSITORY, IMAGE.digest));
    expect(await reader.get(REPOSITORY, IMAGE.digest)).toBeUndefined();
    expect(await all(reader.list(REPOSITORY))).toEqual([]);
  });

  it.each([
    ['no JSON', '\x00\x01', undefined],
    ['no manifest', '{}', undefined],
    ['schema 1', '{"schemaVersion":1,"signatures":[]}', MediaType.dockerSchema1Signed],
    ['one that we would not take', '{"schemaVersion":2,"config":1,"layers":[]}', MediaType.ociManifest],
  ])('whose bytes are %s can be looked at', async (_what, text, mediaType) => {
    const { driver, store } = world();
    const digest = digestOf(Buffer.from(text));
    await driver.put(revisionLink(REPOSITORY, digest), Buffer.from(digest));
    expect(await store().get(REPOSITORY, digest)).toBeUndefined();
    await driver.put(blobData(digest), Buffer.from(text));
    const reader = store();
    for (let turn = 0; turn < 2; turn++) {
      expect(await reader.get(REPOSITORY, digest)).toEqual({
        bytes: Buffer.from(text),
        ...(mediaType && { mediaType }),
      });
      expect(await reader.parsed(REPOSITORY, digest)).toBeUndefined();
    }
  });

  it('larger than allowed is not read', async () => {
    const { store } = world();
    await store().put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    const { length } = IMAGE.manifest.raw;
    expect(await store(undefined, length).get(REPOSITORY, IMAGE.digest)).toBeDefined();
    expect(await store(undefined, length - 1).get(REPOSITORY, IMAGE.digest)).toBeUndefined();
    expect(await store(undefined, length - 1).parsed(REPOSITORY, IMAGE.digest)).toBeUndefined();
  });

  it('is read from memory after the first time', async () => {
    const { driver, store } = world();
    await store().put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    const gets: string[] = [];
    const reader = store(hookedDriver(driver, ({ name, path }) => void (name === 'get' && gets.push(path))));
    for (let turn = 0; turn < 3; turn++) await reader.get(REPOSITORY, IMAGE.digest);
    expect(gets).toEqual([blobData(IMAGE.digest)]);
  });

  it('is told where it is while it waits for the verdict of the collector', async () => {
    const { driver, store } = world();
    await store().put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    const { folder, condemned } = leasedRevision(REPOSITORY, IMAGE.digest);
    await driver.move(folder, condemned);
    expect((await store().get(REPOSITORY, IMAGE.digest))?.mediaType).toBe(MediaType.ociManifest);
  });
});

describe('lease', () => {
  it('tells the size of what is there, and renews both the link and the bytes', async () => {
    const { driver, store, advance } = world();
    await store().put(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    advance(5000);
    expect(await store().lease(REPOSITORY, IMAGE.digest)).toBe(IMAGE.manifest.raw.length);
    const times = [revisionLink(REPOSITORY, IMAGE.digest), blobData(IMAGE.digest)].map(
      (path) => driver.statNow(path)?.modified,
    );
    expect(times).toEqual([1_700_000_005_000, 1_700_000_005_000]);
  });

  it('finds nothing where the link or the bytes are missing', async () => {
    const { driver, store } = world();
    expect(await store().lease(REPOSITORY, IMAGE.digest)).toBeUndefined();
    await driver.put(revisionLink(REPOSITORY, IMAGE.digest), Buffer.from(IMAGE.digest));
    expect(await store().lease(REPOSITORY, IMAGE.digest)).toBeUndefined();
  });
});

describe('backlinks', () => {
  const paths = [
    ['a referrer', SIGNATURE, backlink(REPOSITORY, 'referrers', IMAGE.digest, SIGNATURE.digest)],
    ['an index', INDEX, backlink(REPOSITORY, 'indexes', IMAGE.digest, INDEX.digest)],
  ] as const;

  it.each(paths)('of %s are there before it is, and go after it', async (_what, { manifest, digest }, path) => {
    const { driver, store, has } = world();
    const seen: boolean[][] = [];
    const watched = store(
      hookedDriver(driver, () => void seen.push([has(revisionLink(REPOSITORY, digest)), has(path)])),
    );
    await watched.put(REPOSITORY, manifest, digest);
    expect(seen).not.toContainEqual([true, false]);
    await driver.delete(revisionLink(REPOSITORY, digest));
    await watched.forget(REPOSITORY, manifest, digest);
    expect(has(path)).toBe(false);
  });

  it.each(paths)(
    'of %s are there when it is, whatever the order of a deletion and a push',
    async (_what, made, path) => {
      const { manifest, digest } = made;
      const seen = new Set<boolean>();
      await playAll(
        async () => {
          const { driver, store, has } = world();
          await store().put(REPOSITORY, manifest, digest);
          const remove = async (on: StorageDriver) => {
            await on.delete(revisionLink(REPOSITORY, digest));
            await store(on).forget(REPOSITORY, manifest, digest);
          };
          return { driver, actors: { remove, push: (on) => store(on).put(REPOSITORY, manifest, digest) }, has };
        },
        (_outcome, scene) => {
          const { has } = scene as unknown as ReturnType<typeof world>;
          const there = has(revisionLink(REPOSITORY, digest));
          if (there) expect(has(path)).toBe(true);
          seen.add(there);
        },
      );
      expect(seen).toEqual(new Set([true, false]));
    },
  );

  it('lead from a target to its sources in the order of their digests, page by page', async () => {
    const { store } = world();
    const signatures = Array.from({ length: 5 }, (_, index) =>
      imageNamed(`signature ${index}`, { subject: IMAGE.descriptor }),
    );
    for (const { manifest, digest } of signatures) await store().put(REPOSITORY, manifest, digest);
    await store().put(REPOSITORY, INDEX.manifest, INDEX.digest);
    const expected = signatures.map(({ digest }) => digest).sort();
    const { backlinks } = store();
    expect(await all(backlinks.sources(REPOSITORY, 'referrers', IMAGE.digest))).toEqual(expected);
    expect(await all(backlinks.sources(REPOSITORY, 'indexes', IMAGE.digest))).toEqual([INDEX.digest]);
    const after = expected[1]?.replace(':', '-');
    expect(await all(backlinks.sources(REPOSITORY, 'referrers', IMAGE.digest, after))).toEqual(expected.slice(2));
    expect(await all(backlinks.sources('team/other', 'referrers', IMAGE.digest))).toEqual([]);
  });

  it('are written again where they are missing, and only there', async () => {
    const { driver, store, has } = world();
    const path = backlink(REPOSITORY, 'referrers', IMAGE.digest, SIGNATURE.digest);
    const puts: string[] = [];
    const { backlinks } = store(hookedDriver(driver, (call) => void (call.name === 'put' && puts.push(call.path))));
    await backlinks.repair(REPOSITORY, SIGNATURE.manifest, SIGNATURE.digest);
    expect(has(path)).toBe(true);
    await backlinks.repair(REPOSITORY, SIGNATURE.manifest, SIGNATURE.digest);
    await backlinks.repair(REPOSITORY, IMAGE.manifest, IMAGE.digest);
    expect(puts).toEqual([path]);
  });
});
