import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import { describe, expect, it } from 'vitest';
import { blobData, layerLink, leasedBlob, leasedLayerLink } from '../layout.js';
import { Leases } from '../leases.js';
import { BlobStore } from './blob-store.js';

const REPOSITORY = 'team/app';
const CONTENT = Buffer.from('content');
const DIGEST = digestOf(CONTENT);
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
    expect(await store().size(REPOSITORY, DIGEST)).toBe(holds ? 7 : undefined);
    expect(await store().lease(REPOSITORY, DIGEST)).toBe(holds ? 7 : undefined);
    expect(await store().size('team/other', DIGEST)).toBeUndefined();
    expect(await store().hasLayers(REPOSITORY)).toBe(link);
  });

  it('may hold an empty blob', async () => {
    const { store, put } = world();
    const empty = digestOf(Buffer.alloc(0));
    await put(empty, Buffer.alloc(0));
    await store().link(REPOSITORY, empty);
    expect(await store().size(REPOSITORY, empty)).toBe(0);
    expect(await store().lease(REPOSITORY, empty)).toBe(0);
  });

  it('lets go of a blob once, and of its own link only', async () => {
    const { driver, store, put } = world();
    await put(DIGEST, CONTENT);
    for (const name of [REPOSITORY, 'team/other']) await store().link(name, DIGEST);
    expect(await store().unlink(REPOSITORY, DIGEST)).toBe(true);
    expect(await store().unlink(REPOSITORY, DIGEST)).toBe(false);
    expect(await store().size(REPOSITORY, DIGEST)).toBeUndefined();
    expect(await store().size('team/other', DIGEST)).toBe(7);
    expect(driver.statNow(blobData(DIGEST))).toBeDefined();
  });
});

describe('a blob', () => {
  it('is leased by its link and its data; a look leases nothing', async () => {
    const { driver, store, put, advance } = world();
    await put(DIGEST, CONTENT);
    await store().link(REPOSITORY, DIGEST);
    const times = () => [layerLink(REPOSITORY, DIGEST), blobData(DIGEST)].map((path) => driver.statNow(path)?.modified);
    advance(5000);
    await store().size(REPOSITORY, DIGEST);
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
      expect(await store().size(REPOSITORY, DIGEST)).toBe(7);
      const reader = await store().open(DIGEST);
      const bytes = Buffer.alloc(10);
      expect(bytes.subarray(0, await reader.read(bytes, 0))).toEqual(CONTENT);
      await reader.close();
    }
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
