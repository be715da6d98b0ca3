import { setImmediate as nextTurn } from 'node:timers/promises';
import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver, StorageError } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { uploadsFolder } from '../layout.js';
import { Leases } from '../leases.js';
import { ContentCache } from '../manifests/content-cache.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { hookedDriver, type DriverCall } from '../testing/hooked-driver.js';
import { imageNamed } from '../testing/manifests.js';
import { UploadStore } from '../uploads/upload-store.js';
import { fetchAndKeep, type KeepParts } from './kept-manifest.js';

const REPOSITORY = 'team/app';
const image = imageNamed('a');
const fetched = { bytes: Buffer.from(image.manifest.raw), mediaType: image.manifest.mediaType };

class World {
  readonly driver = new InMemoryDriver();
  private readonly dead = new Set<string>();
  private count = 0;

  process(hook: (call: DriverCall) => void | Promise<void> = () => undefined) {
    const own = `process${this.count++}`;
    const driver = hookedDriver(this.driver, hook);
    const cache = new ContentCache({ maxBytes: 1000, entryBytes: 0 });
    const manifests = new ManifestStore(driver, new Leases(driver, 1000), cache, 2 ** 20);
    const sessions = new UploadStore(driver, Date.now, { own, lives: (owner) => !this.dead.has(owner) });
    const parts: KeepParts = { driver, manifests, sessions, log: { warn: vi.fn() } };
    return { parts, manifests, kill: () => void this.dead.add(own) };
  }

  sessions(): Promise<string[]> {
    return this.driver.list(uploadsFolder(REPOSITORY)).then(({ names }) => names);
  }
}

const keep = ({ parts }: { parts: KeepParts }, fetch: () => Promise<typeof fetched>, digest: Digest = image.digest) =>
  fetchAndKeep(parts, REPOSITORY, digest, fetch);

describe('a manifest from upstream', () => {
  it('is fetched once for several processes, and held then', async () => {
    const world = new World();
    const processes = [world.process(), world.process(), world.process()];
    const fetch = vi.fn(() => Promise.resolve(fetched));
    for (const answer of await Promise.all(processes.map((process) => keep(process, fetch)))) {
      expect(answer).toEqual(fetched);
    }
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(await processes[0]?.manifests.has(REPOSITORY, image.digest)).toBe(true);
    expect(await world.sessions()).toEqual([]);
  });

  it('is fetched once, whatever the pace of the processes', async () => {
    const paces = fc.array(fc.nat(5), { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(paces, paces, async (...both) => {
        const world = new World();
        const fetch = vi.fn(() => Promise.resolve(fetched));
        const processes = both.map((pace) => {
          let step = 0;
          return world.process(async () => {
            for (let turns = pace[step++ % pace.length] ?? 0; turns > 0; turns--) await nextTurn();
          });
        });
        await Promise.all(processes.map((process) => keep(process, fetch)));
        expect(fetch).toHaveBeenCalledTimes(1);
      }),
      { numRuns: 100 },
    );
  });

  it('is fetched by the next one when a process is killed while it fetches', async () => {
    const world = new World();
    const [killed, next] = [world.process(), world.process()];
    const never = vi.fn(() => new Promise<typeof fetched>(() => undefined));
    void keep(killed, never);
    await vi.waitFor(() => expect(never).toHaveBeenCalled());
    const waiting = keep(next, () => Promise.resolve(fetched));
    killed.kill();
    expect(await waiting).toEqual(fetched);
  });

  it('that cannot be had leaves nothing behind', async () => {
    const world = new World();
    await expect(keep(world.process(), () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(await world.sessions()).toEqual([]);
  });

  it('of a kind that we do not store is served', async () => {
    const world = new World();
    const bytes = Buffer.from('{"schemaVersion": 1}');
    const old = { bytes, mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' };
    const process = world.process();
    expect(await keep(process, () => Promise.resolve(old), digestOf(bytes))).toEqual(old);
    expect(await process.manifests.has(REPOSITORY, digestOf(bytes))).toBe(false);
  });

  it.each(['put', 'writer'])('is served when the storage takes no %s', async (name) => {
    const process = new World().process((call) => {
      if (call.name === name) throw new StorageError('DEVICE_OUT_OF_SPACE', call.path, 'is full');
    });
    expect(await keep(process, () => Promise.resolve(fetched))).toEqual(fetched);
  });
});
