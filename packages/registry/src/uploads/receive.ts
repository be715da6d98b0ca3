import type { Readable } from 'node:stream';
import { bodyReceived } from '@longshore/distribution';
import type { FileWriter } from '@longshore/storage';
import type { HashJob } from './hasher.js';
import type { Slot, SlotPool } from './slot-pool.js';

/** How long a slot that is not full waits for more bytes, so that slow clients do not keep slots from fast ones. */
const IDLE_MS = 25;
/** Slots of one upload on their way to disk and hash. */
const MAX_IN_FLIGHT = 6;
/** Dirty bytes after which the disk is asked to begin, so that the last sync has little left to do. */
const SYNC_EVERY = 16 * 2 ** 20;

/** The client went away before the whole body had come. */
export class BodyAborted extends Error {
  override readonly name = 'BodyAborted';
}

/**
 * Receives a request body: appends it to `writer` and hashes it with `job` (when given), three stages at a time. Resolves
 * with the number of bytes when all of it is written and hashed. Rejects with the writer's error, the hash thread's, or
 * BodyAborted; what came before has been written then.
 */
export function receiveBody(source: Readable, writer: FileWriter, job: HashJob | undefined, pool: SlotPool) {
  return new Reception(source, writer, job, pool).done;
}

class Reception {
  readonly done: Promise<number>;
  private resolve!: (bytes: number) => void;
  private reject!: (error: unknown) => void;
  private slot: Slot | undefined;
  private filled = 0;
  private received = 0;
  private unsynced = 0;
  private inFlight = 0;
  private ended = false;
  private waitingForSlot = false;
  private failure: { error: unknown } | undefined;
  private backlog: Buffer[] = [];
  private writes: Promise<unknown> = Promise.resolve();
  private syncing: Promise<unknown> = Promise.resolve();
  private readonly idle: NodeJS.Timeout;

  constructor(
    private readonly source: Readable,
    private readonly writer: FileWriter,
    private readonly job: HashJob | undefined,
    private readonly pool: SlotPool,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.idle = setTimeout(() => this.submit(), IDLE_MS);
    source.on('data', this.onData);
    source.on('end', this.onEnd);
    source.on('error', this.onAbort);
    source.on('close', this.onAbort);
    if (source.destroyed && !source.readableEnded) this.onAbort();
  }

  private readonly onData = (chunk: Buffer) => {
    this.received += chunk.length;
    this.backlog.push(chunk);
    if (!this.waitingForSlot) this.drain();
    this.idle.refresh();
    bodyReceived(chunk.length);
  };

  private readonly onEnd = () => {
    this.ended = true;
    if (!this.waitingForSlot) this.finishWhenIdle();
  };

  private readonly onAbort = () => {
    if (!this.ended) this.fail(new BodyAborted('the client closed the connection'));
  };

  /** Copies what came into slots; pauses the source when there is no slot or too much is on its way. */
  private drain(): void {
    for (let chunk = this.backlog.shift(); chunk; chunk = this.backlog.shift()) {
      const rest = this.fill(chunk);
      if (rest) {
        this.backlog.unshift(rest);
        this.waitForSlot();
        return;
      }
    }
  }

  /** Copies a chunk into the present slot and the next ones. Returns what found no place. */
  private fill(chunk: Buffer): Buffer | undefined {
    for (let offset = 0; offset < chunk.length;) {
      this.slot ??= this.inFlight < MAX_IN_FLIGHT ? this.pool.take() : undefined;
      if (!this.slot) return chunk.subarray(offset);
      const length = Math.min(chunk.length - offset, this.slot.bytes.length - this.filled);
      this.slot.bytes.set(chunk.subarray(offset, offset + length), this.filled);
      offset += length;
      this.filled += length;
      if (this.filled === this.slot.bytes.length) this.submit();
    }
    return undefined;
  }

  private waitForSlot(): void {
    this.waitingForSlot = true;
    this.source.pause();
    if (this.inFlight >= MAX_IN_FLIGHT) return; // `settled` goes on
    void this.pool.wait().then((slot) => {
      this.slot = slot;
      this.goOn();
    });
  }

  private goOn(): void {
    this.waitingForSlot = false;
    this.drain();
    if (this.waitingForSlot) return;
    if (this.ended || this.failure) return this.finishWhenIdle();
    this.idle.refresh(); // it may have gone off while there was no slot to submit
    this.source.resume();
  }

  /** Sends the present slot, as far as it is filled, to disk and hash. */
  private submit(): void {
    const { slot, filled } = this;
    if (!slot || filled === 0) return;
    this.slot = undefined;
    this.filled = 0;
    this.inFlight++;
    const written = this.writes.then(() => this.writer.write(slot.bytes.subarray(0, filled)));
    this.writes = written;
    this.unsynced += filled;
    if (this.unsynced >= SYNC_EVERY) this.beginSync();
    void Promise.allSettled([written, this.job?.update(slot.start, filled)]).then((results) => {
      this.pool.give(slot);
      this.settled(results);
    });
  }

  private beginSync(): void {
    this.unsynced = 0;
    this.syncing = Promise.all([this.syncing, this.writes.then(() => this.writer.sync())]);
    this.syncing.catch((error: unknown) => this.fail(error));
  }

  private settled(results: PromiseSettledResult<unknown>[]): void {
    this.inFlight--;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.fail(failed.reason);
    if (this.waitingForSlot && this.inFlight === MAX_IN_FLIGHT - 1) this.goOn();
    else if (this.ended || this.failure) this.finishWhenIdle();
  }

  private fail(error: unknown): void {
    // A failure of ours outranks a client that left: who goes on after that relies on data and hash being the same.
    if (!this.failure || this.failure.error instanceof BodyAborted) this.failure = { error };
    this.backlog = [];
    this.source.off('data', this.onData);
    if (!this.waitingForSlot) this.finishWhenIdle();
  }

  private finishWhenIdle(): void {
    this.submit();
    if (this.inFlight > 0) return;
    clearTimeout(this.idle);
    if (this.slot) this.pool.give(this.slot);
    this.slot = undefined;
    const { failure } = this;
    void this.syncing.then(
      () => (failure ? this.reject(failure.error) : this.resolve(this.received)),
      (error: unknown) => this.reject(failure?.error ?? error),
    );
  }
}
