import { digestOf, type Digest } from '@longshore/oci';
import { InMemoryDriver, StorageError } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlobStore } from '../blobs/blob-store.js';
import { blobData, layerLink, uploadFolder, uploadsFolder } from '../layout.js';
import { Leases } from '../leases.js';
import { bodyOf, brokenBody, silentBody } from '../testing/bodies.js';
import { freeSlots } from '../testing/free-slots.js';
import { hookedDriver, type DriverCall } from '../testing/hooked-driver.js';
import { LocalHasher } from '../testing/local-hasher.js';
import { BodyAborted } from './receive.js';
import { SlotPool } from './slot-pool.js';
import { UploadStore } from './upload-store.js';
import { Uploads } from './uploads.js';

const REPOSITORY = 'team/app';
const SLOTS = 4;
const bytes = (text: string) => Buffer.from(text);

/** A storage that several processes share. */
class World {
  time = 1_700_000_000_000;
  readonly driver = new InMemoryDriver({ now: () => this.time });
  private readonly dead = new Set<string>();
  private count = 0;

  /** A process of its own. `hook` sees what it asks of the storage. */
  process(hook: (call: DriverCall) => void | Promise<void> = () => undefined) {
    const own = `process${this.count++}`;
    const driver = hookedDriver(this.driver, async (call) => {
      if (this.dead.has(own)) await new Promise<never>(() => undefined);
      await hook(call);
    });
    const pool = new SlotPool(SLOTS, 16);
    const hasher = new LocalHasher(pool);
    const now = () => this.time;
    const store = new UploadStore(driver, now, { own, lives: (owner) => !this.dead.has(owner) });
    const blobs = new BlobStore(driver, new Leases(driver, 1000, now));
    const uploads = new Uploads(driver, blobs, store, { pool, hasher });
    return { uploads, store, pool, hasher, kill: () => void this.dead.add(own) };
  }

  async sessions(): Promise<string[]> {
    const page = await this.driver.list(uploadsFolder(REPOSITORY)).catch(() => ({ names: [] }));
    return page.names;
  }

  async blob(digest: Digest): Promise<Buffer | undefined> {
    return this.driver.getNow(blobData(digest));
  }
}

type Process = ReturnType<World['process']>;

describe('an upload', () => {
  it.each(['sha256', 'sha512'] as const)('becomes a blob of the repository (%s)', async (algorithm) => {
    const world = new World();
    const { uploads, store, hasher, pool } = world.process();
    const id = await store.create(REPOSITORY);
    const digest = digestOf(bytes('hello world'), algorithm);
    expect(await uploads.append(REPOSITORY, id, bodyOf(bytes('hello ')), 0, algorithm)).toBe(6);
    expect(await world.blob(digest)).toBeUndefined();
    await uploads.finish(REPOSITORY, id, bodyOf(bytes('world')), 6, digest);
    expect(await world.blob(digest)).toEqual(bytes('hello world'));
    expect(world.driver.getNow(layerLink(REPOSITORY, digest))?.toString()).toBe(digest);
    expect(await world.sessions()).toEqual([]);
    expect([hasher.begun, hasher.open, freeSlots(pool)]).toEqual([1, 0, SLOTS]);
  });

  it('may be empty, and need not have a last body', async () => {
    const world = new World();
    const { uploads, store } = world.process();
    for (const body of [undefined, bodyOf()]) {
      const id = await store.create(REPOSITORY);
      await uploads.finish(REPOSITORY, id, body, 0, digestOf(bytes('')));
      expect(await world.blob(digestOf(bytes('')))).toEqual(bytes(''));
    }
  });

  it('shows a repository nothing before its digest has been checked', async () => {
    const world = new World();
    const { uploads, store } = world.process();
    const secret = digestOf(bytes('of another repository'));
    await world.driver.put(blobData(secret), bytes('of another repository'));
    const id = await store.create(REPOSITORY);
    const work = uploads.finish(REPOSITORY, id, bodyOf(bytes('a guess')), 0, secret);
    await expect(work).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
    expect(world.driver.statNow(layerLink(REPOSITORY, secret))).toBeUndefined();
  });

  it('is leased from its end, not from its last byte', async () => {
    const world = new World();
    const { uploads, store } = world.process();
    const id = await store.create(REPOSITORY);
    await uploads.append(REPOSITORY, id, bodyOf(bytes('x')), 0, 'sha256');
    world.time += 86_400_000;
    await uploads.finish(REPOSITORY, id, undefined, 1, digestOf(bytes('x')));
    expect((await world.driver.stat(blobData(digestOf(bytes('x'))))).modified).toBe(world.time);
  });

  it('goes on in another process, which reads the data again at the end', async () => {
    const world = new World();
    const [a, b] = [world.process(), world.process()];
    const id = await a.store.create(REPOSITORY);
    await a.uploads.append(REPOSITORY, id, bodyOf(bytes('one ')), 0, 'sha256');
    await b.uploads.append(REPOSITORY, id, bodyOf(bytes('two ')), 4, 'sha256');
    // The first process still has a hash, of the first chunk only.
    await a.uploads.append(REPOSITORY, id, bodyOf(bytes('three')), 8, 'sha256');
    await a.uploads.finish(REPOSITORY, id, undefined, 13, digestOf(bytes('one two three')));
    expect(await world.blob(digestOf(bytes('one two three')))).toEqual(bytes('one two three'));
    expect([a.hasher.open, b.hasher.open]).toEqual([0, 0]);
  });

  it('may end with another algorithm than it began with', async () => {
    const world = new World();
    const { uploads, store, hasher } = world.process();
    const id = await store.create(REPOSITORY);
    await uploads.append(REPOSITORY, id, bodyOf(bytes('one')), 0, 'sha256');
    await uploads.finish(REPOSITORY, id, bodyOf(bytes('two')), 3, digestOf(bytes('onetwo'), 'sha512'));
    expect(await world.blob(digestOf(bytes('onetwo'), 'sha512'))).toEqual(bytes('onetwo'));
    expect(hasher.open).toBe(0);
  });

  it('survives the death of the hashing thread between two requests', async () => {
    const world = new World();
    const { uploads, store, hasher } = world.process();
    const id = await store.create(REPOSITORY);
    await uploads.append(REPOSITORY, id, bodyOf(bytes('one')), 0, 'sha256');
    const begin = hasher.begin.bind(hasher);
    hasher.dead = true;
    hasher.begin = (algorithm) => {
      hasher.dead = false; // a new thread
      return begin(algorithm);
    };
    await uploads.finish(REPOSITORY, id, undefined, 3, digestOf(bytes('one')));
    expect(await world.blob(digestOf(bytes('one')))).toEqual(bytes('one'));
  });

  it('keeps its hash however many others there are', async () => {
    const world = new World();
    const { uploads, store, hasher } = world.process();
    const ids = await Promise.all(Array.from({ length: 300 }, () => store.create(REPOSITORY)));
    const first = ids[0] ?? '';
    await uploads.append(REPOSITORY, first, bodyOf(bytes('one ')), 0, 'sha256');
    const body = silentBody(bytes('two'));
    const slow = uploads.append(REPOSITORY, first, body, 4, 'sha256');
    for (const id of ids.slice(1)) await uploads.append(REPOSITORY, id, bodyOf(bytes('x')), 0, 'sha256');
    body.push(null);
    expect(await slow).toBe(7);
    await uploads.finish(REPOSITORY, first, undefined, 7, digestOf(bytes('one two')));
    expect(await world.blob(digestOf(bytes('one two')))).toEqual(bytes('one two'));
    expect(hasher.open).toBeLessThanOrEqual(256);
  });
});

describe('an upload is refused', () => {
  it.each([
    ['append', (p: Process, id: string) => p.uploads.append(REPOSITORY, id, bodyOf(bytes('x')), 0, 'sha256')],
    ['finish', (p: Process, id: string) => p.uploads.finish(REPOSITORY, id, undefined, 0, digestOf(bytes('')))],
    ['cancel', (p: Process, id: string) => p.uploads.cancel(REPOSITORY, id)],
  ])('when it is unknown, or another request is writing it (%s)', async (_name, act) => {
    const world = new World();
    const [a, b] = [world.process(), world.process()];
    await expect(act(a, 'unknown')).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
    const id = await a.store.create(REPOSITORY);
    const body = silentBody(bytes('x'));
    const running = b.uploads.append(REPOSITORY, id, body, 0, 'sha256');
    await expect.poll(async () => (await world.driver.list(uploadFolder(REPOSITORY, id))).names).not.toContain('data');
    await expect(act(a, id)).rejects.toMatchObject({ code: 'RANGE_INVALID' });
    body.push(null);
    expect(await running).toBe(1);
  });

  it.each([-1, 1, 4])('%i bytes beside its end, and stays usable', async (difference) => {
    const world = new World();
    const { uploads, store } = world.process();
    const id = await store.create(REPOSITORY);
    await uploads.append(REPOSITORY, id, bodyOf(bytes('12345')), 0, 'sha256');
    const wrong = 5 + difference;
    await expect(uploads.append(REPOSITORY, id, bodyOf(bytes('6')), wrong, 'sha256')).rejects.toMatchObject({
      code: 'RANGE_INVALID',
      detail: { offset: 5, requested: wrong },
    });
    expect(await uploads.append(REPOSITORY, id, bodyOf(bytes('6')), 5, 'sha256')).toBe(6);
  });

  it('with another digest than it has, and is gone then', async () => {
    const world = new World();
    const { uploads, store, hasher } = world.process();
    const id = await store.create(REPOSITORY);
    const digest = digestOf(bytes('other'));
    await expect(uploads.finish(REPOSITORY, id, bodyOf(bytes('this')), 0, digest)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
      detail: { digest, actual: digestOf(bytes('this')) },
    });
    expect(await world.sessions()).toEqual([]);
    expect(await world.blob(digest)).toBeUndefined();
    expect(await world.blob(digestOf(bytes('this')))).toBeUndefined();
    expect(hasher.open).toBe(0);
  });

  it('once it was cancelled', async () => {
    const world = new World();
    const { uploads, store, hasher } = world.process();
    const id = await store.create(REPOSITORY);
    await uploads.append(REPOSITORY, id, bodyOf(bytes('x')), 0, 'sha256');
    await uploads.cancel(REPOSITORY, id);
    expect(await world.sessions()).toEqual([]);
    expect(hasher.open).toBe(0);
    await expect(uploads.cancel(REPOSITORY, id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });
});

describe('a client that goes away', () => {
  it('finds what came before, and may go on', async () => {
    const world = new World();
    const { uploads, store, hasher, pool } = world.process();
    const id = await store.create(REPOSITORY);
    const body = brokenBody(bytes('hello '), bytes('wor'));
    await expect(uploads.append(REPOSITORY, id, body, 0, 'sha256')).rejects.toThrow(BodyAborted);
    expect(await store.offset(REPOSITORY, id)).toBe(9);
    expect(freeSlots(pool)).toBe(SLOTS);
    await uploads.finish(REPOSITORY, id, bodyOf(bytes('ld')), 9, digestOf(bytes('hello world')));
    expect(await world.blob(digestOf(bytes('hello world')))).toEqual(bytes('hello world'));
    expect(hasher.begun).toBe(1);
  });

  it('during the last request does not end its session', async () => {
    const world = new World();
    const { uploads, store } = world.process();
    const id = await store.create(REPOSITORY);
    const broken = brokenBody(bytes('hel'));
    const digest = digestOf(bytes('hello'));
    await expect(uploads.finish(REPOSITORY, id, broken, 0, digest)).rejects.toThrow(BodyAborted);
    await uploads.finish(REPOSITORY, id, bodyOf(bytes('lo')), 3, digest);
    expect(await world.blob(digest)).toEqual(bytes('hello'));
  });
});

describe('a storage that fails', () => {
  const full = (path: string) => new StorageError('DEVICE_OUT_OF_SPACE', path);

  it.each([1, 2, 3, 10])('by being full at write %i: the session goes, its slots come back', async (number) => {
    const world = new World();
    let writes = 0;
    const process = world.process(({ name, path }) => {
      if (name === 'write' && path.includes('/data.') && ++writes === number) throw full(path);
    });
    const { uploads, store, hasher, pool } = process;
    const id = await store.create(REPOSITORY);
    const work = uploads.append(REPOSITORY, id, bodyOf(Buffer.alloc(200)), 0, 'sha256');
    await expect(work).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_SPACE' });
    expect(await world.sessions()).toEqual([]);
    expect([hasher.open, freeSlots(pool)]).toEqual([0, SLOTS]);
  });

  it.each([
    ['sync', 'sync', '/data.'],
    ['the move to the blobs', 'move', '/data.'],
    ['opening the data', 'writer', '/data.'],
    ['the link', 'put', '/link'],
    ['the lease', 'touch', '/data.'],
  ])('by being full at %s: no slot, hash or claim is lost', async (_what, name, part) => {
    const world = new World();
    let broken = true;
    const process = world.process((call) => {
      if (!broken || call.name !== name || !call.path.includes(part)) return;
      if (name === 'move' && call.target?.endsWith('/data') !== true) return;
      broken = false;
      throw full(call.path);
    });
    const { uploads, store, hasher, pool } = process;
    const id = await store.create(REPOSITORY);
    world.time += 5000; // so that the lease must be renewed
    const digest = digestOf(bytes('content'));
    const work = uploads.finish(REPOSITORY, id, bodyOf(bytes('content')), 0, digest);
    await expect(work).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_SPACE' });
    expect([hasher.open, freeSlots(pool)]).toEqual([0, SLOTS]);
    expect(await world.sessions()).toEqual([]);
    expect(await store.claim(REPOSITORY, id)).toBeUndefined();
  });

  it('for a moment: the upload goes on where it was', async () => {
    const world = new World();
    let broken = true;
    const { uploads, store } = world.process(({ name }) => {
      if (!broken || name !== 'sync') return;
      broken = false;
      throw new StorageError('UNKNOWN', '/', 'the disk is slow');
    });
    const id = await store.create(REPOSITORY);
    const digest = digestOf(bytes('123'));
    await expect(uploads.finish(REPOSITORY, id, bodyOf(bytes('123')), 0, digest)).rejects.toThrow('slow');
    const offset = (await store.offset(REPOSITORY, id)) ?? -1;
    expect([offset, await world.blob(digest)]).toEqual([3, undefined]);
    await uploads.finish(REPOSITORY, id, undefined, offset, digest);
    expect(await world.blob(digest)).toEqual(bytes('123'));
  });
});

/** What the client of one session knows, and the processes that serve it. */
interface Model {
  sent: Buffer;
  ended: boolean;
}

interface Real {
  world: World;
  processes: Process[];
  id: string;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Checks what is stored against what the model has, which may be any part of what an interrupted request sent. */
async function settle(model: Model, { world, id }: Real, sentNow: Buffer): Promise<void> {
  const store = world.process().store;
  const all = Buffer.concat([model.sent, sentNow]);
  const offset = (await store.offset(REPOSITORY, id)) ?? -1;
  expect(offset).toBeGreaterThanOrEqual(model.sent.length);
  expect(offset).toBeLessThanOrEqual(all.length);
  const [name] = (await world.driver.list(uploadFolder(REPOSITORY, id))).names;
  expect(world.driver.getNow(`${uploadFolder(REPOSITORY, id)}/${name}`)).toEqual(all.subarray(0, offset));
  model.sent = all.subarray(0, offset);
}

const served = (real: Real, index: number) => real.processes[index % real.processes.length] as Process;

function command(name: string, act: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: (model) => !model.ended,
    run: async (model, real) => {
      await act(model, real);
      for (const { pool } of real.processes) expect(freeSlots(pool)).toBe(SLOTS);
    },
    toString: () => name,
  };
}

const chunk = fc.uint8Array({ maxLength: 90 }).map((value) => Buffer.from(value));
const where = fc.nat({ max: 1 });
const commands = [
  fc.tuple(chunk, where).map(([data, at]) =>
    command(`append ${data.length} at ${at}`, async (model, real) => {
      const { uploads } = served(real, at);
      const offset = await uploads.append(REPOSITORY, real.id, bodyOf(data), model.sent.length, 'sha256');
      expect(offset).toBe(model.sent.length + data.length);
      await settle(model, real, data);
      expect(model.sent).toHaveLength(offset);
    }),
  ),
  fc.tuple(chunk, where).map(([data, at]) =>
    command(`abort after ${data.length} at ${at}`, async (model, real) => {
      const { uploads } = served(real, at);
      const work = uploads.append(REPOSITORY, real.id, brokenBody(data), model.sent.length, 'sha256');
      await expect(work).rejects.toThrow(BodyAborted);
      await settle(model, real, data);
    }),
  ),
  fc.tuple(chunk, where).map(([data, at]) =>
    command(`crash after ${data.length} at ${at}`, async (model, real) => {
      const process = served(real, at);
      void process.uploads.append(REPOSITORY, real.id, silentBody(data), model.sent.length, 'sha256');
      await new Promise((resolve) => setImmediate(resolve));
      process.kill();
      real.processes[real.processes.indexOf(process)] = real.world.process();
      await settle(model, real, data);
    }),
  ),
  fc.tuple(chunk, where, fc.boolean()).map(([data, at, right]) =>
    command(`finish with ${data.length} at ${at}, ${right ? 'right' : 'wrong'}`, async (model, real) => {
      const content = Buffer.concat([model.sent, data]);
      const digest = right ? digestOf(content) : digestOf(bytes('something else'));
      const { uploads } = served(real, at);
      const work = uploads.finish(REPOSITORY, real.id, bodyOf(data), model.sent.length, digest);
      if (right) await work;
      else await expect(work).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
      expect(await real.world.blob(digest)).toEqual(right ? content : undefined);
      expect(await real.world.sessions()).toEqual([]);
      model.ended = true;
    }),
  ),
];

describe('any sequence of requests, aborts and crashes', () => {
  it('leaves the bytes that were sent, and every slot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 20 }), async (sequence) => {
        const world = new World();
        const processes = [world.process(), world.process()];
        const id = await (processes[0] as Process).store.create(REPOSITORY);
        await fc.asyncModelRun(
          () => ({ model: { sent: Buffer.alloc(0), ended: false }, real: { world, processes, id } }),
          sequence,
        );
      }),
      { numRuns: 100 },
    );
  });
});
