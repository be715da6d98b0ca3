import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RemoteError } from '@longshore/distribution';
import { IMAGE_QUOTAS } from '@longshore/kube';
import { digestOf, RegistryError, type Digest } from '@longshore/oci';
import { InMemoryDriver, StorageError, type FileReader } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BlobStore } from '../blobs/blob-store.js';
import { uploadsFolder } from '../layout.js';
import { Leases } from '../leases.js';
import { UploadLimits } from '../streams/upload-limits.js';
import { hookedDriver, type DriverCall } from '../testing/hooked-driver.js';
import { LocalHasher } from '../testing/local-hasher.js';
import { ScriptedSource } from '../testing/scripted-source.js';
import { SlotPool } from '../uploads/slot-pool.js';
import { UploadStore } from '../uploads/upload-store.js';
import { Uploads } from '../uploads/uploads.js';
import { BlobDownloads } from './blob-downloads.js';
import type { DownloadParts } from './download.js';

const REPOSITORY = 'team/app';

/** A storage that several processes share. */
class World {
  readonly driver = new InMemoryDriver();
  private readonly dead = new Set<string>();
  private count = 0;

  /** A process of its own. `hook` sees what it asks of the storage. */
  process(
    hook: (call: DriverCall) => void | Promise<void> = () => undefined,
    bounds: Pick<DownloadParts, 'limits' | 'lists'> = {},
  ) {
    const own = `process${this.count++}`;
    const driver = hookedDriver(this.driver, async (call) => {
      if (this.dead.has(own)) await new Promise<never>(() => undefined);
      await hook(call);
    });
    const pool = new SlotPool(8, 1024);
    const store = new UploadStore(driver, Date.now, { own, lives: (owner) => !this.dead.has(owner) });
    const blobs = new BlobStore(driver, new Leases(driver, 1000));
    const uploads = new Uploads(driver, blobs, store, { pool, hasher: new LocalHasher(pool) });
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const failed = vi.fn();
    const downloads = new BlobDownloads({ driver, blobs, uploads, ...bounds }, stop.signal, failed);
    return { failed, downloads, blobs, stop, kill: () => void this.dead.add(own) };
  }

  async sessions(): Promise<string[]> {
    const page = await this.driver.list(uploadsFolder(REPOSITORY)).catch(() => ({ names: [] }));
    return page.names;
  }
}

type Process = ReturnType<World['process']>;

const open = ({ downloads }: Process, source: ScriptedSource) =>
  downloads.open(REPOSITORY, digestOf(source.content), source, staying());

const isHeld = async ({ blobs }: Process, digest: Digest) => (await blobs.find(REPOSITORY, digest)) !== undefined;

/** The signal of a client that waits for its answer. */
const staying = () => new AbortController().signal;

/** Reads `start` to `end` as the sending of files does. */
async function read(reader: FileReader, start = 0, end = reader.size): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let position = start; position < end;) {
    const target = Buffer.alloc(Math.min(700, end - position));
    const length = await reader.read(target, position);
    if (length === 0) throw new Error(`ends at ${position}`);
    parts.push(target.subarray(0, length));
    position += length;
  }
  return Buffer.concat(parts);
}

const unavailable = () => new RemoteError('UNAVAILABLE', 'up.example breaks off');

describe('a download', () => {
  it('asks upstream once for 50 readers in two processes, and keeps the blob', async () => {
    const world = new World();
    const processes = [world.process(), world.process()];
    const source = new ScriptedSource(randomBytes(10_000));
    const reading = Array.from({ length: 50 }, async (_, index) => read(await open(processes[index % 2]!, source)));
    await vi.waitFor(() => expect(source.opened).toEqual([0]));
    source.sendUntil(5000);
    source.finish();
    for (const bytes of await Promise.all(reading)) expect(bytes.equals(source.content)).toBe(true);
    expect(source).toMatchObject({ opened: [0], stats: 0 });
    await Promise.all(processes.map(({ downloads }) => downloads.idle()));
    expect(await isHeld(processes[0]!, digestOf(source.content))).toBe(true);
    expect(await world.sessions()).toEqual([]);
  });

  it('hands out bytes as they come, in this process and others; ranges wait for theirs', async () => {
    const world = new World();
    const source = new ScriptedSource(randomBytes(10_000));
    const own = await open(world.process(), source);
    const other = await open(world.process(), source);
    source.sendUntil(4000);
    expect(await read(own, 0, 4000)).toEqual(source.content.subarray(0, 4000));
    expect(await read(other, 1000, 4000)).toEqual(source.content.subarray(1000, 4000));
    const later = vi.fn();
    const tail = read(other, 9000, 9500).finally(later);
    source.sendUntil(8000);
    expect(await read(own, 7000, 8000)).toEqual(source.content.subarray(7000, 8000));
    expect(later).not.toHaveBeenCalled();
    source.finish();
    expect(await tail).toEqual(source.content.subarray(9000, 9500));
  });

  it('goes on when its readers have left, and is not held up by one that does not read', async () => {
    const world = new World();
    const process = world.process();
    const source = new ScriptedSource(randomBytes(300_000));
    const gone = await open(process, source);
    const idle = await open(process, source);
    await gone.close();
    source.finish();
    await process.downloads.idle();
    expect(await isHeld(process, digestOf(source.content))).toBe(true);
    expect((await read(idle)).equals(source.content)).toBe(true);
  });

  it('shows nothing of what a killed process has fetched; the next one goes on where it ended', async () => {
    const world = new World();
    const source = new ScriptedSource(randomBytes(10_000));
    const killed = world.process();
    const reader = await open(killed, source);
    source.sendUntil(4000);
    await read(reader, 0, 4000);
    killed.kill();
    const next = world.process();
    expect(await isHeld(next, digestOf(source.content))).toBe(false);
    const again = new ScriptedSource(source.content);
    const reading = read(await open(next, again));
    again.finish();
    expect((await reading).equals(source.content)).toBe(true);
    expect(again.opened).toEqual([4000]);
    expect(await world.sessions()).toEqual([]);
  });

  it('takes over from a process that is killed while others wait for it', async () => {
    const world = new World();
    const [killed, waiting] = [world.process(), world.process()];
    const source = new ScriptedSource(randomBytes(10_000));
    await open(killed, source);
    const again = new ScriptedSource(source.content);
    const reading = read(await open(waiting, again));
    expect(again.opened).toEqual([]);
    killed.kill();
    await vi.waitFor(() => expect(again.opened).toHaveLength(1));
    again.finish();
    expect((await reading).equals(source.content)).toBe(true);
  });

  it('tells all readers that upstream does not have it, and leaves nothing behind', async () => {
    const world = new World();
    const process = world.process();
    const source = new ScriptedSource(randomBytes(100));
    source.failure = new RemoteError('NOT_FOUND', 'up.example does not have it');
    const opening = Array.from({ length: 5 }, () => open(process, source));
    for (const opened of opening) await expect(opened).rejects.toBe(source.failure);
    expect(source.opened).toEqual([0]);
    expect(await world.sessions()).toEqual([]);
  });

  it('keeps what came when upstream breaks off, and goes on from there the next time', async () => {
    const world = new World();
    const process = world.process();
    const source = new ScriptedSource(randomBytes(10_000));
    const reader = await open(process, source);
    source.sendUntil(6000);
    await read(reader, 0, 6000);
    const failure = unavailable();
    source.fail(failure);
    await expect(read(await open(process, source))).rejects.toBe(failure);
    expect(process.failed.mock.calls).toEqual([[REPOSITORY, digestOf(source.content), failure]]);
    const again = read(await open(process, source));
    await vi.waitFor(() => expect(source.opened).toEqual([0, 6000]));
    source.finish();
    expect((await again).equals(source.content)).toBe(true);
  });

  it.each<[string, (source: ScriptedSource) => void]>([
    ['upstream says so', (source) => source.fail(new RemoteError('DIGEST_MISMATCH', 'other bytes'))],
    ['we find out', (source) => source.finish()],
  ])('throws wrong bytes away: %s', async (_, end) => {
    const world = new World();
    const process = world.process();
    const right = new ScriptedSource(randomBytes(5000));
    const wrong = new ScriptedSource(randomBytes(5000));
    const digest = digestOf(right.content);
    const reader = await process.downloads.open(REPOSITORY, digest, wrong, staying());
    wrong.sendUntil(4000);
    await read(reader, 0, 4000);
    end(wrong);
    await process.downloads.idle();
    expect(await isHeld(process, digest)).toBe(false);
    expect(await world.sessions()).toEqual([]);
    const again = read(await open(process, right));
    right.finish();
    expect((await again).equals(right.content)).toBe(true);
    expect(right.opened).toEqual([0]);
  });

  it('is read from upstream to its end when the storage fills up', async () => {
    const world = new World();
    let isFull = false;
    const process = world.process(({ name, path }) => {
      if (isFull && name === 'write') throw new StorageError('DEVICE_OUT_OF_SPACE', path, 'is full');
    });
    const source = new ScriptedSource(randomBytes(10_000));
    const reader = await open(process, source);
    source.sendUntil(4000);
    await read(reader, 0, 4000);
    isFull = true;
    source.sendUntil(5000);
    const rest = read(reader, 4000);
    await vi.waitFor(() => expect(source.opened).toEqual([0, 4000]));
    source.finish();
    expect((await rest).equals(source.content.subarray(4000))).toBe(true);
    expect(await world.sessions()).toEqual([]);
  });

  it('is read from upstream alone when the storage takes no writes', async () => {
    const world = new World();
    const process = world.process(({ name, path }) => {
      if (name === 'writer') throw new StorageError('READ_ONLY_FILESYSTEM', path, 'is read-only');
    });
    const source = new ScriptedSource(randomBytes(10_000));
    const reading = read(await open(process, source));
    await vi.waitFor(() => expect(source.opened).toEqual([0]));
    source.finish();
    expect((await reading).equals(source.content)).toBe(true);
    expect(source.stats).toBe(1);
  });

  it('is not kept when the limits of the project forbid it', async () => {
    const world = new World();
    const [stored, end] = [vi.fn(), vi.fn()];
    const admit = (size: number) => {
      if (size > 5000) throw new RegistryError('DENIED', { detail: { used: size, limit: 5000 } });
    };
    const announce = async ({ size }: { size: number }) => admit(size);
    const limits = { open: () => Promise.resolve({ announce, admit, stored, end }) };
    const process = world.process(undefined, { limits });
    const [large, small] = [new ScriptedSource(randomBytes(10_000)), new ScriptedSource(randomBytes(5000))];
    for (const source of [large, small]) {
      const reading = read(await open(process, source));
      await vi.waitFor(() => expect(source.opened.length).toBeGreaterThan(source === large ? 1 : 0));
      source.finish();
      expect((await reading).equals(source.content)).toBe(true);
      await process.downloads.idle();
    }
    expect(await isHeld(process, digestOf(large.content))).toBe(false);
    expect(await isHeld(process, digestOf(small.content))).toBe(true);
    expect(await world.sessions()).toEqual([]);
    expect(stored).toHaveBeenCalledTimes(1);
    expect(end).toHaveBeenCalledTimes(2);
  });

  it('is kept although the quota is nearly used up where the quota counts it already', async () => {
    const quota = {
      spec: { hard: { [IMAGE_QUOTAS.storage]: '6k' } },
      status: { used: { [IMAGE_QUOTAS.storage]: '5k' } },
    };
    const api = {
      limitRanges: () => Promise.resolve([]),
      resourceQuotas: () => Promise.resolve([{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: {}, ...quota }]),
    };
    const [listed, other] = [new ScriptedSource(randomBytes(4000)), new ScriptedSource(randomBytes(4000))];
    const process = new World().process(undefined, {
      limits: new UploadLimits({ api, ttlMs: 60_000 }),
      lists: (_repository, digest) => Promise.resolve(digest === digestOf(listed.content)),
    });
    for (const source of [listed, other]) {
      const reading = read(await open(process, source));
      await vi.waitFor(() => expect(source.opened.length).toBeGreaterThan(source === other ? 1 : 0));
      source.finish();
      expect((await reading).equals(source.content)).toBe(true);
      await process.downloads.idle();
    }
    expect(await isHeld(process, digestOf(listed.content))).toBe(true);
    expect(await isHeld(process, digestOf(other.content))).toBe(false);
  });

  it('does not begin beyond a bound; readers then ask upstream themselves', async () => {
    const process = new World().process();
    const running = Array.from({ length: 32 }, () => new ScriptedSource(randomBytes(1000)));
    await Promise.all(running.map((source) => open(process, source)));
    const one = new ScriptedSource(randomBytes(1000));
    const reading = read(await open(process, one));
    await vi.waitFor(() => expect(one.opened).toEqual([0]));
    one.finish();
    expect((await reading).equals(one.content)).toBe(true);
    expect(await isHeld(process, digestOf(one.content))).toBe(false);
    process.stop.abort(new Error('stop'));
    await process.downloads.idle();
  });

  it('lets a client leave before upstream has answered', async () => {
    const process = new World().process();
    const source = new ScriptedSource(randomBytes(1000));
    source.open = () => new Promise(() => undefined);
    const gone = new AbortController();
    const opening = process.downloads.open(REPOSITORY, digestOf(source.content), source, gone.signal);
    gone.abort(new Error('gone'));
    await expect(opening).rejects.toThrow('gone');
  });

  it('takes over a session that a process left while it ended it', async () => {
    const world = new World();
    const source = new ScriptedSource(randomBytes(1000));
    const id = `pullthrough@${digestOf(source.content).replace(':', '-')}`;
    const path = `${uploadsFolder(REPOSITORY)}/${id}/size`;
    await world.driver.put(path, Buffer.from('1000'));
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    const reading = read(await open(world.process(), source));
    now.mockRestore();
    source.finish();
    expect((await reading).equals(source.content)).toBe(true);
  });

  it('asks upstream once, whatever the pace of the processes', async () => {
    const paces = fc.array(fc.nat(5), { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(paces, paces, async (...both) => {
        const world = new World();
        const processes = both.map((pace) => {
          let step = 0;
          return world.process(async () => {
            for (let turns = pace[step++ % pace.length] ?? 0; turns > 0; turns--) await nextTurn();
          });
        });
        const source = new ScriptedSource(randomBytes(10));
        const ask = source.open.bind(source);
        source.open = async (start, signal) => {
          const answer = await ask(start, signal);
          source.finish();
          return answer;
        };
        await Promise.all(processes.map(async (process) => read(await open(process, source))));
        expect(source.opened).toEqual([0]);
      }),
      { numRuns: 100 },
    );
  });

  it('gives every reader the right bytes, however they come and are asked for', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 10 });
    const ranges = fc.array(fc.tuple(fc.nat(19_999), fc.nat(19_999)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, ranges, async (sent, asked) => {
        const world = new World();
        const processes = [world.process(), world.process()];
        const source = new ScriptedSource(randomBytes(20_000));
        const reading = asked.map(async ([a, b], index) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b) + 1];
          const bytes = await read(await open(processes[index % 2]!, source), start, end);
          expect(bytes.equals(source.content.subarray(start, end))).toBe(true);
        });
        await vi.waitFor(() => expect(source.opened).toEqual([0]), { interval: 1 });
        let end = 0;
        for (const length of sent) source.sendUntil((end = Math.min(20_000, end + length)));
        source.finish();
        await Promise.all(reading);
      }),
      { numRuns: 20 },
    );
  });
});
