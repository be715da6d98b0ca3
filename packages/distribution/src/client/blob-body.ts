import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { digestAlgorithm, digestHex } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { Clock } from '../clock.js';
import { bodyReceived } from '../http/body-garbage.js';
import { ConnectionError, connectionErrorOf } from '../http/connection-error.js';
import type { ConnectionFault } from '../http/connection-error.js';
import type { RateLimiter } from '../http/rate-limiter.js';
import { isLent } from '../http/receive-buffers.js';
import { Retryable, waitBefore } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import { failureOf } from './failure.js';

/** A part of a blob as a server sends it. */
export interface BlobPart {
  body: Readable;
  /** The offset of its first byte in the blob. It may lie before the one that was asked for: not all servers know ranges. */
  start: number;
  /** Who sends it, in messages. */
  host: string;
}

export interface BlobBodyOptions {
  digest: Digest;
  size: number;
  /** The offset of the first byte for the reader. */
  start: number;
  /** Whether the bytes must fit the digest, when read from 0. */
  verify: boolean;
  first: BlobPart;
  /** Asks for the rest again. */
  reopen: (offset: number, signal: AbortSignal) => Promise<BlobPart>;
  /** Bounds the bytes that the reader gets. */
  bandwidth?: RateLimiter | undefined;
  attempts: number;
  clock: Clock;
  signal: AbortSignal;
  subject: string;
}

/** So much more must have come for a broken connection not to count together with the one before. */
const PROGRESS = 1024 * 1024;
const RESUMABLE: ReadonlySet<ConnectionFault> = new Set(['BROKEN', 'TIMEOUT']);

/**
 * A blob's bytes for a reader who takes them as fast as he likes. A broken connection is taken up where it broke, and the
 * end is an error when size or digest do not fit. The reader must read to the end or destroy it: it holds a connection.
 */
export class BlobBody extends Readable {
  readonly #options: BlobBodyOptions;
  readonly #hash: Hash | undefined;
  readonly #ended = new AbortController();
  readonly #leave: () => void;
  #part: BlobPart;
  #offset: number;
  #running = false;
  #wanted: (() => void) | undefined;

  constructor(options: BlobBodyOptions) {
    super({ highWaterMark: 64 * 1024 });
    const { start, digest, first, signal, verify } = options;
    this.#options = options;
    this.#offset = start;
    this.#part = first;
    this.#hash = verify && start === 0 ? createHash(digestAlgorithm(digest)) : undefined;
    this.#leave = () => this.destroy(signal.reason as Error);
    signal.addEventListener('abort', this.#leave, { once: true });
    // Errors of the part are seen where it is read.
    first.body.on('error', () => undefined);
  }

  override _read(): void {
    if (this.#running) return this.#wanted?.();
    this.#running = true;
    this.#run().catch((error: unknown) => this.destroy(error as Error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#options.signal.removeEventListener('abort', this.#leave);
    this.#ended.abort();
    this.#wanted?.();
    this.#part.body.destroy();
    callback(error);
  }

  async #run(): Promise<void> {
    let failures = 0;
    let failedAt = this.#offset;
    while (!this.destroyed) {
      const broken = await this.#deliver();
      if (broken === undefined) return;
      failures = this.#offset - failedAt >= PROGRESS ? 1 : failures + 1;
      failedAt = this.#offset;
      if (this.destroyed) return;
      if (!RESUMABLE.has(broken.code) || failures >= this.#options.attempts) throw this.#failure(broken);
      await this.#reopen(failures);
    }
  }

  /** Passes the part on. Returns why more has to come from another one, nothing when the blob is complete. */
  async #deliver(): Promise<ConnectionError | undefined> {
    const { size } = this.#options;
    let position = this.#part.start;
    try {
      for await (const chunk of this.#part.body as AsyncIterable<Buffer>) {
        const fresh = chunk.subarray(Math.max(this.#offset - position, 0));
        position += chunk.byteLength;
        if (!isLent(chunk)) bodyReceived(chunk.byteLength);
        if (fresh.byteLength > 0) await this.#pass(fresh);
        if (this.destroyed) return undefined;
      }
    } catch (error) {
      if (error instanceof RemoteError) throw error;
      // Chunked, a body may break before its end is told, when there is nothing left to ask for.
      if (this.#offset < size) return connectionErrorOf(error);
    }
    if (this.#offset < size)
      return new ConnectionError('BROKEN', `the body ends after ${this.#offset} of ${size} bytes`);
    this.#finish();
    return undefined;
  }

  async #pass(chunk: Buffer): Promise<void> {
    const { size, subject, bandwidth } = this.#options;
    await bandwidth?.take(this.#ended.signal, chunk.byteLength);
    this.#offset += chunk.byteLength;
    if (this.#offset > size) {
      throw new RemoteError(
        'INVALID',
        `${subject}: ${this.#part.host} sends more than the ${size} bytes that it named`,
      );
    }
    this.#hash?.update(chunk);
    if (this.push(chunk)) return;
    await new Promise<void>((resolve) => (this.#wanted = resolve));
    this.#wanted = undefined;
  }

  #finish(): void {
    const { digest, subject } = this.#options;
    const found = this.#hash?.digest('hex');
    if (found === undefined || found === digestHex(digest)) {
      this.push(null);
      return;
    }
    const actual = `${digestAlgorithm(digest)}:${found}`;
    throw new RemoteError('DIGEST_MISMATCH', `${subject}: ${this.#part.host} sends other content, ${actual}`);
  }

  async #reopen(failures: number): Promise<void> {
    const { reopen, clock } = this.#options;
    await clock.sleep(waitBefore(failures, undefined, clock.random()), this.#ended.signal);
    this.#part = await reopen(this.#offset, this.#ended.signal);
    this.#part.body.on('error', () => undefined);
    if (this.destroyed) this.#part.body.destroy();
  }

  #failure(broken: ConnectionError): unknown {
    const failure = failureOf(broken, this.#options.subject, this.#part.host);
    return failure instanceof Retryable ? failure.error : failure;
  }
}
