import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitExceeded, limitedBy } from './limits.js';
import type { KindLimits, Release, RequestLimiter } from './limits.js';
import { ManualTimers } from './manual-timers.js';
import { remoteLimiter, serveLimits } from './shared-limits.js';
import type { LimitsChannel, LimitsMessage } from './shared-limits.js';

/** One direction: messages arrive in order, one at each `deliver`. */
class Line {
  readonly #sent: LimitsMessage[] = [];
  #listener: (message: LimitsMessage) => void = () => {};

  send(message: LimitsMessage): void {
    this.#sent.push(structuredClone(message));
  }

  listen(listener: (message: LimitsMessage) => void): void {
    this.#listener = listener;
  }

  deliver(): boolean {
    const message = this.#sent.shift();
    if (message !== undefined) this.#listener(message);
    return message !== undefined;
  }

  cut(): void {
    this.#sent.length = 0;
    this.send = () => {};
  }
}

/** A worker process and its channel to the primary. */
class FakeWorker {
  readonly toPrimary = new Line();
  readonly toWorker = new Line();
  readonly limiter: RequestLimiter;
  readonly #closeListeners: (() => void)[] = [];

  constructor(primary: RequestLimiter) {
    serveLimits(primary, this.#end(this.toWorker, this.toPrimary));
    this.limiter = remoteLimiter(this.#end(this.toPrimary, this.toWorker));
  }

  die(): void {
    this.toPrimary.cut();
    this.toWorker.cut();
    for (const listener of this.#closeListeners) listener();
  }

  #end(out: Line, back: Line): LimitsChannel {
    return {
      send: (message) => out.send(message),
      onMessage: (listener) => back.listen(listener),
      onClose: (listener) => this.#closeListeners.push(listener),
    };
  }
}

/** Lets promises settle. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function deliverAll(...workers: FakeWorker[]): Promise<void> {
  let quiet = false;
  while (!quiet) {
    quiet = true;
    for (const { toPrimary, toWorker } of workers) {
      if (toPrimary.deliver()) quiet = false;
      await turn();
      if (toWorker.deliver()) quiet = false;
      await turn();
    }
  }
}

/** What became of a request. */
function outcome(limiter: RequestLimiter, signal?: AbortSignal) {
  const seen: { release?: Release; error?: unknown } = {};
  const ask = async () => limiter.acquire('read', signal);
  ask().then(
    (release) => (seen.release = release),
    (error: unknown) => (seen.error = error),
  );
  return seen;
}

function setUp(read: Partial<KindLimits> = {}, count = 2) {
  const timers = new ManualTimers();
  const primary = limitedBy({ read: { maxrunning: 1, maxinqueue: 1, maxwaitinqueue: 100, ...read } }, timers);
  const workers = Array.from({ length: count }, () => new FakeWorker(primary));
  return { primary, timers, workers: workers as [FakeWorker, FakeWorker] };
}

describe('shared limits', () => {
  it('hold for all workers together', async () => {
    const { workers, primary } = setUp();
    const [one, two] = workers;
    const first = outcome(one.limiter);
    await deliverAll(one, two);
    const second = outcome(two.limiter);
    await deliverAll(one, two);
    const third = outcome(one.limiter);
    await deliverAll(one, two);
    expect(first.release).toBeTypeOf('function');
    expect(second).toEqual({});
    expect([primary.queued, two.limiter.queued]).toEqual([1, 1]);
    expect(third.error).toBeInstanceOf(LimitExceeded);
    first.release?.();
    first.release?.();
    await deliverAll(one, two);
    expect(second.release).toBeTypeOf('function');
  });

  it('refuse a wait that takes too long', async () => {
    const { workers, timers } = setUp();
    outcome(workers[0].limiter);
    await deliverAll(...workers);
    const second = outcome(workers[1].limiter);
    await deliverAll(...workers);
    timers.advance(100);
    await deliverAll(...workers);
    expect(second.error).toBeInstanceOf(LimitExceeded);
  });

  it('free the slots and the places of a worker that dies', async () => {
    const { workers, primary } = setUp({ maxrunning: 2, maxinqueue: 2 });
    const [one, two] = workers;
    const held = [outcome(one.limiter), outcome(one.limiter)];
    await deliverAll(one);
    const waiting = outcome(one.limiter);
    const others = [outcome(two.limiter)];
    await deliverAll(one, two);
    expect(held.every(({ release }) => release !== undefined)).toBe(true);
    expect(primary.queued).toBe(2);
    one.die();
    await deliverAll(two);
    expect(waiting.error).toBeInstanceOf(LimitExceeded);
    expect(others[0]?.release).toBeTypeOf('function');
    expect(primary.queued).toBe(0);
    held[0]?.release?.();
    await expect(async () => one.limiter.acquire('read')).rejects.toBeInstanceOf(LimitExceeded);
  });

  it('take back a slot that a client no longer wants, even when it is on its way', async () => {
    const { workers, primary } = setUp();
    const [one] = workers;
    const client = new AbortController();
    const first = outcome(one.limiter, client.signal);
    one.toPrimary.deliver();
    client.abort(new Error('client left'));
    await deliverAll(one);
    expect(first.error).toEqual(new Error('client left'));
    expect(primary.acquire('read')).toBeTypeOf('function');
  });

  it('take back a slot that came free in the same moment in which its client left', async () => {
    const { workers, primary } = setUp();
    const [one, two] = workers;
    const first = outcome(one.limiter);
    await deliverAll(one);
    const client = new AbortController();
    outcome(two.limiter, client.signal);
    await deliverAll(two);
    first.release?.();
    client.abort();
    one.toPrimary.deliver();
    two.toPrimary.deliver();
    await turn();
    expect(primary.acquire('read')).toBeTypeOf('function');
  });

  it('do not ask for a client that has left already', async () => {
    const { workers } = setUp();
    const gone = outcome(workers[0].limiter, AbortSignal.abort(new Error('client left')));
    await turn();
    expect(gone.error).toEqual(new Error('client left'));
    expect(workers[0].toPrimary.deliver()).toBe(false);
  });

  it('ask once for what is not limited', async () => {
    const { workers } = setUp({ maxrunning: 0 });
    const [one] = workers;
    expect(one.limiter.unlimited('read')).toBe(false);
    const first = outcome(one.limiter);
    await deliverAll(one);
    expect(first.release).toBeTypeOf('function');
    expect(one.limiter.unlimited('read')).toBe(true);
    expect(one.limiter.acquire('read')).toBeTypeOf('function');
    expect(one.toPrimary.deliver()).toBe(false);
  });
});

interface Request {
  worker: FakeWorker;
  client: AbortController;
  seen: ReturnType<typeof outcome>;
  done: boolean;
}

describe('shared limits, whatever happens', () => {
  const WORKERS = 3;
  const worker = fc.nat(WORKERS - 1);
  const event = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('arrive' as const), worker }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('up' as const, 'down' as const), worker }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'all up' as const }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.nat(300) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), worker }) },
  );
  type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

  class World {
    readonly requests: Request[] = [];
    readonly alive: Set<FakeWorker>;
    readonly primary: RequestLimiter;
    readonly #timers: ManualTimers;
    readonly #workers: FakeWorker[];

    constructor(read: KindLimits) {
      const { primary, timers, workers } = setUp(read, WORKERS);
      this.primary = primary;
      this.#timers = timers;
      this.#workers = workers;
      this.alive = new Set(workers);
    }

    /** Requests that are being served by workers that live. */
    running(): Request[] {
      return this.requests.filter(
        ({ worker, seen, done }) => this.alive.has(worker) && seen.release !== undefined && !done,
      );
    }

    unsettled(): Request[] {
      return this.requests.filter(({ seen }) => seen.release === undefined && seen.error === undefined);
    }

    finish(request: Request | undefined): void {
      if (request === undefined) return;
      request.done = true;
      request.seen.release?.();
    }

    async apply(event: Event): Promise<void> {
      if (event.kind === 'wait') this.#timers.advance(event.milliseconds);
      else if (event.kind === 'finish') this.finish(this.#pick(this.running(), event.which));
      else if (event.kind === 'leave') this.#pick(this.unsettled(), event.which)?.client.abort(new Error('left'));
      else if (event.kind === 'all up') for (const { toPrimary } of this.alive) while (toPrimary.deliver());
      else this.#applyTo(this.#workers[event.worker] as FakeWorker, event.kind);
      await turn();
    }

    #applyTo(worker: FakeWorker, kind: 'arrive' | 'up' | 'down' | 'die'): void {
      if (!this.alive.has(worker)) return;
      if (kind === 'up') worker.toPrimary.deliver();
      else if (kind === 'down') worker.toWorker.deliver();
      else if (kind === 'die') {
        this.alive.delete(worker);
        worker.die();
      } else {
        const client = new AbortController();
        this.requests.push({ worker, client, seen: outcome(worker.limiter, client.signal), done: false });
      }
    }

    #pick(requests: Request[], which: number): Request | undefined {
      return requests[which % Math.max(1, requests.length)];
    }
  }

  it('never serves more than allowed, answers everybody and ends with all slots free', async () => {
    const limits = fc.record({
      maxrunning: fc.integer({ min: 1, max: 3 }),
      maxinqueue: fc.nat(4),
      maxwaitinqueue: fc.constantFrom(0, 100),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(event, { maxLength: 80 }), async (read, events) => {
        const world = new World(read);
        for (const each of events) {
          await world.apply(each);
          expect(world.running().length).toBeLessThanOrEqual(read.maxrunning);
        }
        await deliverAll(...world.alive);
        if (world.primary.queued > 0) expect(world.running().length).toBe(read.maxrunning);
        while (world.running().length > 0) {
          world.finish(world.running()[0]);
          await deliverAll(...world.alive);
          expect(world.running().length).toBeLessThanOrEqual(read.maxrunning);
        }
        expect(world.unsettled()).toEqual([]);
        expect(world.primary.queued).toBe(0);
        for (let slot = 0; slot < read.maxrunning; slot++) {
          expect(world.primary.acquire('read')).toBeTypeOf('function');
        }
      }),
    );
  });
});
