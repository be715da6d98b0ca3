import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { blobData, layerLink, leasedBlob, leasedLayerLink } from '../layout.js';
import { Leases } from '../leases.js';
import { BlobStore } from './blob-store.js';

const REPOSITORY = 'team/app';
const CONTENT = Buffer.from('content');
const DIGEST = digestOf(CONTENT);
const HELD = { size: 7, content: DIGEST };
const NOW = 1_700_000_000_000;

function world() {
  let time = NOW;
  const driver = new InMemoryDriver({ now: () => time });
  const store = (on: StorageDriver = driver) => new BlobStore(on, new Leases(on, 1000, () => time));
  const put = (digest: Digest, content: Buffer) => driver.put(blobData(digest), content);
  return { driver, store, put, advance: (ms: number) => (time += ms) };
}

describe('a repository', () => {
  it.each([
    { link: false, data: false, holds: false },
    { link: true, data: false, holds: false },
    { link: false, data: true, holds: false },
    { link: true, data: true, holds: true },
  ])('with link $link and data $data holds a blob: $holds', async ({ link, data, holds }) => {
    const { store, put } = world();
    if (link) await store().link(REPOSITORY, DIGEST);
    if (data) await put(DIGEST, CONTENT);
    expect(await store().find(REPOSITORY, DIGEST)).toEqual(holds ? HELD : undefined);
    expect(await store().lease(REPOSITORY, DIGEST)).toEqual(holds ? HELD : undefined);
    expect(await store().find('team/other', DIGEST)).toBeUndefined();
    expect(await store().hasLayers(REPOSITORY)).toBe(link);
  });

  it('may hold an empty blob', async () => {
    const { store, put } = world();
    const empty = digestOf(Buffer.alloc(0));
    await put(empty, Buffer.alloc(0));
    await store().link(REPOSITORY, empty);
    expect(await store().find(REPOSITORY, empty)).toEqual({ size: 0, content: empty });
    expect(await store().lease(REPOSITORY, empty)).toEqual({ size: 0, content: empty });
  });

  it('lets go of a blob once, and of its own link only', async () => {
    const { driver, store, put } = world();
    await put(DIGEST, CONTENT);
    for (const name of [REPOSITORY, 'team/other']) await store().link(name, DIGEST);
    expect(await store().unlink(REPOSITORY, DIGEST)).toBe(true);
    expect(await store().unlink(REPOSITORY, DIGEST)).toBe(false);
    expect(await store().find(REPOSITORY, DIGEST)).toBeUndefined();
    expect(await store().find('team/other', DIGEST)).toEqual(HELD);
    expect(driver.statNow(blobData(DIGEST))).toBeDefined();
  });
});

describe('a blob with two names', () => {
  const OTHER = digestOf(CONTENT, 'sha512');

  async function named() {
    const made = world();
    await made.put(OTHER, CONTENT);
    await made.store().link(REPOSITORY, OTHER);
    await made.store().link(REPOSITORY, DIGEST, OTHER);
    return made;
  }

  it('is held by both, where its data lies', async () => {
    const { driver, store } = await named();
    for (const name of [DIGEST, OTHER]) {
      expect(await store().find(REPOSITORY, name)).toEqual({ size: 7, content: OTHER });
      expect(await store().lease(REPOSITORY, name)).toEqual({ size: 7, content: OTHER });
    }
    expect((await driver.get(layerLink(REPOSITORY, DIGEST))).toString()).toBe(OTHER);
  });

  it('is leased by either', async () => {
    const { driver, store, advance } = await named();
    advance(5000);
    await store().lease(REPOSITORY, DIGEST);
    for (const path of [layerLink(REPOSITORY, DIGEST), blobData(OTHER)])
      expect(driver.statNow(path)?.modified).toBe(NOW + 5000);
  });

  it('is not held without its data, or by a link that says nothing', async () => {
    const { driver, store } = await named();
    await driver.put(layerLink('team/other', DIGEST), Buffer.from('nonsense'));
    expect(await store().find('team/other', DIGEST)).toBeUndefined();
    await driver.delete(blobData(OTHER));
    expect(await store().find(REPOSITORY, DIGEST)).toBeUndefined();
  });
});

describe('a blob', () => {
  it('is leased by its link and its data; a look leases nothing', async () => {
    const { driver, store, put, advance } = world();
    await put(DIGEST, CONTENT);
    await store().link(REPOSITORY, DIGEST);
    const times = () => [layerLink(REPOSITORY, DIGEST), blobData(DIGEST)].map((path) => driver.statNow(path)?.modified);
    advance(5000);
    await store().find(REPOSITORY, DIGEST);
    expect(times()).toEqual([NOW, NOW]);
    await store().lease(REPOSITORY, DIGEST);
    expect(times()).toEqual([NOW + 5000, NOW + 5000]);
  });

  it('can be read, also while it waits for the verdict of the collector', async () => {
    const { driver, store, put } = world();
    await put(DIGEST, CONTENT);
    await store().link(REPOSITORY, DIGEST);
    for (const { folder, condemned } of [leasedBlob(DIGEST), leasedLayerLink(REPOSITORY, DIGEST)]) {
      await driver.move(folder, condemned);
      expect(await store().find(REPOSITORY, DIGEST)).toEqual(HELD);
      const reader = await store().open(DIGEST);
      const bytes = Buffer.alloc(10);
      expect(bytes.subarray(0, await reader.read(bytes, 0))).toEqual(CONTENT);
      await reader.close();
    }
  });

  it('is known to exist by its data, and by whom it was given to last', async () => {
    const { store, put } = world();
    const blobs = store();
    expect([await blobs.exists(DIGEST), blobs.holder(DIGEST)]).toEqual([false, undefined]);
    await put(DIGEST, CONTENT);
    expect([await blobs.exists(DIGEST), blobs.holder(DIGEST)]).toEqual([true, undefined]);
    await blobs.link('team/one', DIGEST);
    await blobs.link('team/two', DIGEST);
    expect(blobs.holder(DIGEST)).toBe('team/two');
  });

  it('that is gone cannot be opened', async () => {
    await expect(world().store().open(DIGEST)).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });

  it('has a URL where the driver gives one', async () => {
    const { driver, store } = world();
    expect(await store().redirectUrl(DIGEST, 'GET')).toBeUndefined();
    const redirecting: StorageDriver = Object.assign(driver, {
      redirectUrl: async (path: string, { method }: { method: string }) => `https://cdn/${method}${path}`,
    });
    expect(await store(redirecting).redirectUrl(DIGEST, 'HEAD')).toBe(`https://cdn/HEAD${blobData(DIGEST)}`);
  });
});
