import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FileWriter } from '@longshore/storage';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bodyOf, brokenBody, silentBody } from '../testing/bodies.js';
import { freeSlots } from '../testing/free-slots.js';
import { LocalHasher } from '../testing/local-hasher.js';
import { BodyAborted, receiveBody } from './receive.js';
import { SlotPool, type Slot } from './slot-pool.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Lets `turns` turns of the event loop pass. */
async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface WriterOptions {
  /** Turns of the event loop that each write takes, in rotation. */
  latencies?: readonly number[];
  /** Number of the write, or of the sync, that fails. */
  failWrite?: number;
  failSync?: number;
}

class FakeWriter implements FileWriter {
  written = Buffer.alloc(0);
  private calls = 0;
  private syncs = 0;
  private writing = false;

  constructor(private readonly options: WriterOptions = {}) {}

  get size(): number {
    return this.written.length;
  }

  async write(chunk: Uint8Array): Promise<void> {
    expect(this.writing, 'one call at a time').toBe(false);
    this.writing = true;
    const { latencies = [0], failWrite } = this.options;
    const number = this.calls++;
    await pass(latencies[number % latencies.length] ?? 0);
    this.writing = false;
    if (number === failWrite) throw new Error('the disk is full');
    this.written = Buffer.concat([this.written, chunk]);
  }

  async sync(): Promise<void> {
    if (this.syncs++ === this.options.failSync) throw new Error('the disk is gone');
  }

  async close(): Promise<void> {}
}

interface Setting extends WriterOptions {
  slots?: number;
  slotBytes?: number;
}

function setting({ slots = 3, slotBytes = 16, ...options }: Setting = {}) {
  const pool = new SlotPool(slots, slotBytes);
  const hasher = new LocalHasher(pool);
  return { pool, slots, hasher, job: hasher.begin(['sha256']), writer: new FakeWriter(options) };
}

const chunks = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 70 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
);
const latencies = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 });
const sizes = { slots: fc.integer({ min: 1, max: 9 }), slotBytes: fc.integer({ min: 1, max: 40 }) };

/** A body whose chunks come after the given numbers of turns. */
async function* slowly(parts: readonly Buffer[], turns: readonly number[]): AsyncGenerator<Buffer> {
  for (const [index, part] of parts.entries()) {
    await pass(turns[index % turns.length] ?? 0);
    yield part;
  }
}

describe('a body', () => {
  it('is written and hashed as it was sent, and every slot comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ chunks, turns: latencies, latencies, hashing: latencies, ...sizes }),
        async (given) => {
          const { pool, slots, hasher, job, writer } = setting(given);
          let update = 0;
          hasher.latency = () => pass(given.hashing[update++ % given.hashing.length] ?? 0);
          const sent = Buffer.concat(given.chunks);
          const body = Readable.from(slowly(given.chunks, given.turns));
          expect(await receiveBody(body, writer, job, pool)).toBe(sent.length);
          expect(writer.written.equals(sent)).toBe(true);
          expect(await job.digest('sha256')).toBe(sha256(sent));
          expect(freeSlots(pool)).toBe(slots);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('may come without a hash', async () => {
    const { pool, slots, writer } = setting();
    const sent = Buffer.alloc(100, 7);
    expect(await receiveBody(bodyOf(sent), writer, undefined, pool)).toBe(100);
    expect(writer.written).toEqual(sent);
    expect(freeSlots(pool)).toBe(slots);
  });

  it('is received beside others that share the slots', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(chunks, { minLength: 2, maxLength: 5 }), latencies, async (bodies, turns) => {
        const pool = new SlotPool(2, 8);
        const hasher = new LocalHasher(pool);
        const received = bodies.map(async (parts, index) => {
          const writer = new FakeWriter({ latencies: turns.slice(index % turns.length) });
          const job = hasher.begin(['sha256']);
          await receiveBody(Readable.from(slowly(parts, turns)), writer, job, pool);
          expect(writer.written.equals(Buffer.concat(parts))).toBe(true);
          expect(await job.digest('sha256')).toBe(sha256(writer.written));
        });
        await Promise.all(received);
        expect(freeSlots(pool)).toBe(2);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a client that goes away', () => {
  it('leaves a beginning of what it sent, with the hash of just that', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record({ chunks, latencies, hashing: latencies, ...sizes }), async (given) => {
        const { pool, slots, hasher, job, writer } = setting(given);
        let update = 0;
        hasher.latency = () => pass(given.hashing[update++ % given.hashing.length] ?? 0);
        await expect(receiveBody(brokenBody(...given.chunks), writer, job, pool)).rejects.toThrow(BodyAborted);
        const sent = Buffer.concat(given.chunks);
        expect(writer.written.equals(sent.subarray(0, writer.size))).toBe(true);
        expect(await job.digest('sha256')).toBe(sha256(writer.written));
        expect(freeSlots(pool)).toBe(slots);
      }),
      { numRuns: 100 },
    );
  });

  it('before anything was read is noticed', async () => {
    const { pool, slots, job, writer } = setting();
    const body = silentBody(Buffer.from('never read'));
    body.destroy();
    await expect(receiveBody(body, writer, job, pool)).rejects.toThrow(BodyAborted);
    expect(writer.size).toBe(0);
    expect(freeSlots(pool)).toBe(slots);
  });

  it('while its upload waits for a slot gives that slot back', async () => {
    const { pool, slots, job, writer } = setting();
    const held = [pool.take(), pool.take(), pool.take()] as Slot[];
    const body = silentBody(Buffer.from('waits'));
    const done = receiveBody(body, writer, job, pool);
    await expect.poll(() => body.isPaused()).toBe(true);
    body.destroy();
    held.forEach((slot) => pool.give(slot));
    await expect(done).rejects.toThrow(BodyAborted);
    expect(freeSlots(pool)).toBe(slots);
  });
});

describe('a failure', () => {
  it.each([0, 1, 2, 7])('of write %i is told, and every slot comes back', async (failWrite) => {
    const { pool, slots, job, writer } = setting({ failWrite, latencies: [1, 0] });
    const sent = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
    await expect(receiveBody(bodyOf(sent), writer, job, pool)).rejects.toThrow('the disk is full');
    expect(writer.written).toEqual(sent.subarray(0, writer.size));
    expect(freeSlots(pool)).toBe(slots);
  });

  it.each([0, 1, 5])('of the hashing thread after %i pieces is told, and every slot comes back', async (pieces) => {
    const { pool, slots, hasher, job, writer } = setting();
    let updates = 0;
    hasher.latency = async () => {
      hasher.dead = updates++ >= pieces;
    };
    await expect(receiveBody(bodyOf(Buffer.alloc(200)), writer, job, pool)).rejects.toThrow('the hashing thread ended');
    expect(freeSlots(pool)).toBe(slots);
  });

  it('of an early sync is told', async () => {
    const slotBytes = 2 ** 20;
    const { pool, slots, job, writer } = setting({ slotBytes, failSync: 0 });
    const parts = Array.from({ length: 20 }, () => Buffer.alloc(slotBytes));
    await expect(receiveBody(bodyOf(...parts), writer, job, pool)).rejects.toThrow('the disk is gone');
    expect(freeSlots(pool)).toBe(slots);
  });

  it('that comes with another is told once, and every slot comes back', async () => {
    const failing = fc.record({ chunks, latencies, failWrite: fc.nat({ max: 5 }), ...sizes });
    await fc.assert(
      fc.asyncProperty(failing, async (given) => {
        const { pool, slots, job, writer } = setting(given);
        const error = await receiveBody(brokenBody(...given.chunks), writer, job, pool).catch(
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(Error);
        expect(freeSlots(pool)).toBe(slots);
        const sent = Buffer.concat(given.chunks);
        expect(writer.written.equals(sent.subarray(0, writer.size))).toBe(true);
        // Who goes on after BodyAborted relies on the hash.
        if (error instanceof BodyAborted) expect(await job.digest('sha256')).toBe(sha256(writer.written));
      }),
      { numRuns: 300 },
    );
  });
});

describe('back-pressure', () => {
  it('stops the source while there is no slot, and lets it go on afterwards', async () => {
    const { pool, slots, job, writer } = setting();
    const held = [pool.take(), pool.take(), pool.take()] as Slot[];
    let pulled = 0;
    const body = new Readable({
      highWaterMark: 16,
      read() {
        this.push(++pulled <= 50 ? Buffer.alloc(16, pulled) : null);
      },
    });
    const done = receiveBody(body, writer, job, pool);
    await expect.poll(() => body.isPaused()).toBe(true);
    await pass(20);
    expect(pulled).toBeLessThan(6);
    held.forEach((slot) => pool.give(slot));
    expect(await done).toBe(800);
    expect(freeSlots(pool)).toBe(slots);
  });

  it('bounds what one upload has on its way, however many slots there are', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { pool, job } = setting({ slots: 40 });
    const writer = new FakeWriter();
    const write = writer.write.bind(writer);
    writer.write = async (bytes) => {
      await gate;
      await write(bytes);
    };
    const body = bodyOf(...Array.from({ length: 40 }, () => Buffer.alloc(16)));
    const done = receiveBody(body, writer, job, pool);
    await expect.poll(() => body.isPaused()).toBe(true);
    expect(freeSlots(pool)).toBeGreaterThan(20);
    release?.();
    expect(await done).toBe(640);
    expect(freeSlots(pool)).toBe(40);
  });
});

describe('a slow client', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('does not hold a slot while it is silent', async () => {
    const { pool, slots, job, writer } = setting();
    const body = silentBody(Buffer.from('some'));
    const done = receiveBody(body, writer, job, pool);
    await pass(3);
    expect(freeSlots(pool)).toBe(slots - 1);
    vi.advanceTimersByTime(1000);
    await pass(3);
    expect(writer.written.toString()).toBe('some');
    expect(freeSlots(pool)).toBe(slots);
    body.push(null);
    expect(await done).toBe(4);
  });

  it('does not hold a slot that it had to wait for', async () => {
    const { pool, slots, job, writer } = setting();
    const held = [pool.take(), pool.take(), pool.take()] as Slot[];
    const body = silentBody(Buffer.from('some'));
    const done = receiveBody(body, writer, job, pool);
    await pass(3);
    vi.advanceTimersByTime(1000);
    held.forEach((slot) => pool.give(slot));
    await pass(3);
    vi.advanceTimersByTime(1000);
    await pass(3);
    expect(freeSlots(pool)).toBe(slots);
    body.push(null);
    expect(await done).toBe(4);
  });
});
