import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { BlobStore } from '../blobs/blob-store.js';
import { blobData, currentLink, layerLink, leasedBlob, QUARANTINE, revisionLink, tagFolder } from '../layout.js';
import { Leases } from '../leases.js';
import { ContentCache } from '../manifests/content-cache.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { TagStore } from '../tags/tag-store.js';
import { Tombstones } from '../tags/tombstones.js';
import { freeSlots } from '../testing/free-slots.js';
import { hookedDriver } from '../testing/hooked-driver.js';
import { LocalHasher } from '../testing/local-hasher.js';
import { blobNamed, imageNamed, indexNamed, type Made } from '../testing/manifests.js';
import { snapshotOf } from '../testing/snapshot.js';
import { SlotPool } from '../uploads/slot-pool.js';
import { fsck, type Finding, type FsckOptions } from './fsck.js';

const REPOSITORY = 'team/app';
const IMAGE = imageNamed('image', { config: blobNamed('config'), layers: [blobNamed('one'), blobNamed('two')] });
const INDEX = indexNamed('index', [IMAGE.descriptor]);
const digest = (content: string) => digestOf(Buffer.from(content));

function partsOf(driver: StorageDriver) {
  const leases = new Leases(driver, 1000);
  const tags = new TagStore(driver);
  const pool = new SlotPool(2, 4);
  return {
    driver,
    leases,
    blobs: new BlobStore(driver, leases),
    tags,
    manifests: new ManifestStore(driver, leases, new ContentCache({ maxBytes: 2 ** 20, entryBytes: 2 ** 16 }), 2 ** 20),
    tombstones: new Tombstones(driver, tags),
    hashing: { pool, hasher: new LocalHasher(pool) },
    isSparse: () => false,
  };
}

/** A storage in order: an image and an index of it, each with a tag. */
async function world() {
  const driver = new InMemoryDriver();
  const parts = partsOf(driver);
  for (const content of ['config', 'one', 'two']) {
    await driver.put(blobData(digest(content)), Buffer.from(content));
    await driver.put(layerLink(REPOSITORY, digest(content)), Buffer.from(digest(content)));
  }
  const push = async ({ manifest, digest: pushed }: Made, tag: string) => {
    await parts.manifests.put(REPOSITORY, manifest, pushed);
    await parts.tags.put(REPOSITORY, tag, pushed);
  };
  await push(IMAGE, 'image');
  await push(INDEX, 'index');
  const check = (options: Partial<FsckOptions> = {}, on: StorageDriver = driver) =>
    fsck(partsOf(on), { quarantine: false, ...options });
  return { driver, parts, check };
}

type World = Awaited<ReturnType<typeof world>>;

const missing = (manifest: Digest, what: Digest): Finding => ({
  kind: 'content-missing',
  repository: REPOSITORY,
  manifest,
  missing: what,
});

const faults: [string, (world: World) => Promise<unknown>, Finding[]][] = [
  ['nothing', async () => undefined, []],
  [
    'a blob with other bytes',
    ({ driver }) => driver.put(blobData(digest('one')), Buffer.from('0ne')),
    [{ kind: 'blob-corrupt', digest: digest('one'), actual: digest('0ne'), quarantined: false }],
  ],
  [
    'a blob with too few bytes',
    ({ driver }) => driver.put(blobData(digest('two')), Buffer.from('')),
    [{ kind: 'blob-corrupt', digest: digest('two'), actual: digest(''), quarantined: false }],
  ],
  [
    'a manifest whose bytes are none',
    ({ driver }) => driver.put(blobData(IMAGE.digest), Buffer.from('\x00')),
    [{ kind: 'blob-corrupt', digest: IMAGE.digest, actual: digest('\x00'), quarantined: false }],
  ],
  [
    'a layer that is gone',
    ({ driver }) => driver.delete(blobData(digest('two'))),
    [missing(IMAGE.digest, digest('two'))],
  ],
  [
    'a configuration to which the repository has no link',
    ({ driver }) => driver.delete(layerLink(REPOSITORY, digest('config'))),
    [missing(IMAGE.digest, digest('config'))],
  ],
  [
    'a manifest without bytes',
    ({ driver }) => driver.delete(blobData(INDEX.digest)),
    [missing(INDEX.digest, INDEX.digest)],
  ],
  [
    'an index whose child is gone, and a tag that pointed to it',
    ({ driver }) => driver.delete(revisionLink(REPOSITORY, IMAGE.digest)),
    [missing(INDEX.digest, IMAGE.digest), { kind: 'tag-dangling', repository: REPOSITORY, tag: 'image' }],
  ],
  [
    'a tag whose link is damaged',
    ({ driver }) => driver.put(currentLink(tagFolder(REPOSITORY, 'image')), Buffer.from('sha256:')),
    [{ kind: 'tag-dangling', repository: REPOSITORY, tag: 'image' }],
  ],
  [
    'content that waits for the verdict of a collector',
    ({ driver }) => driver.move(leasedBlob(digest('one')).folder, leasedBlob(digest('one')).condemned),
    [],
  ],
  ['tags that a deleted manifest left', ({ parts }) => parts.tombstones.bury(REPOSITORY, INDEX.digest), []],
];

describe('fsck', () => {
  it.each(faults)('finds %s, and changes nothing', async (_what, damage, findings) => {
    const scene = await world();
    await damage(scene);
    const before = await snapshotOf(scene.driver);
    const told: Finding[] = [];
    const report = await scene.check({ onFinding: (finding) => told.push(finding) });
    expect(report.findings).toEqual(findings);
    expect(told).toEqual(findings);
    expect(await snapshotOf(scene.driver)).toEqual(before);
  });

  it('finds no fault with an index that may be sparse', async () => {
    const { driver, parts } = await world();
    await parts.tags.delete(REPOSITORY, 'image');
    await driver.delete(revisionLink(REPOSITORY, IMAGE.digest));
    const sparse = { ...partsOf(driver), isSparse: (repository: string) => repository === REPOSITORY };
    expect((await fsck(sparse, { quarantine: false })).findings).toEqual([]);
  });

  it('counts what it has read', async () => {
    const { check } = await world();
    const progress: object[] = [];
    const report = await check({ onProgress: (step) => progress.push({ ...step }) });
    const bytes = 'configonetwo'.length + IMAGE.manifest.raw.length + INDEX.manifest.raw.length;
    expect(report).toEqual({ blobs: 5, bytes, repositories: 1, findings: [] });
    expect(progress.at(-1)).toEqual({ blobs: 5, totalBlobs: 5, bytes, totalBytes: bytes });
  });

  it('moves what is damaged out of the way, so that it can be pushed again', async () => {
    const { driver, check } = await world();
    await driver.put(blobData(digest('one')), Buffer.from('0ne'));
    const { findings } = await check({ quarantine: true });
    expect(findings).toEqual([
      { kind: 'blob-corrupt', digest: digest('one'), actual: digest('0ne'), quarantined: true },
      missing(IMAGE.digest, digest('one')),
    ]);
    const [kept = ''] = (await driver.list(QUARANTINE)).names;
    expect((await driver.get(`${QUARANTINE}/${kept}/data`)).toString()).toBe('0ne');
    await driver.put(blobData(digest('one')), Buffer.from('one'));
    expect((await check()).findings).toEqual([]);
  });

  it('is not troubled by what is deleted under its hands', async () => {
    const { driver, check } = await world();
    const vanishing = hookedDriver(driver, async ({ name, path }) => {
      if (name === 'open') await driver.delete(path);
      if (name === 'stat' && path === blobData(INDEX.digest)) {
        await driver.delete(revisionLink(REPOSITORY, INDEX.digest)).catch(() => undefined);
      }
    });
    const { blobs, findings } = await check({}, vanishing);
    expect(blobs).toBe(0);
    expect(findings).not.toContainEqual(expect.objectContaining({ manifest: INDEX.digest }));
  });

  it('gives back what it has read with, also when the disk fails', async () => {
    const { driver } = await world();
    const parts = partsOf(
      hookedDriver(driver, ({ name, path }) => {
        if (name === 'open' && path === blobData(digest('two'))) throw new Error('the disk is gone');
      }),
    );
    await expect(fsck(parts, { quarantine: true })).rejects.toThrow('the disk is gone');
    expect(freeSlots(parts.hashing.pool)).toBe(2);
    expect(parts.hashing.hasher.open).toBe(0);
  });

  it('ends when it is told to', async () => {
    const { check } = await world();
    await expect(check({ signal: AbortSignal.abort(new Error('interrupted')) })).rejects.toThrow('interrupted');
  });

  it('finds nothing in an empty storage', async () => {
    const report = await fsck(partsOf(new InMemoryDriver()), { quarantine: true });
    expect(report).toEqual({ blobs: 0, bytes: 0, repositories: 0, findings: [] });
  });
});
