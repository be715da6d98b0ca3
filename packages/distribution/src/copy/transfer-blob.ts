import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { digestAlgorithm } from '@longshore/oci';
import type { RateLimiter } from '../http/rate-limiter.js';
import { giveBack } from '../http/receive-buffers.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget } from './place.js';

export interface TransferOptions {
  signal: AbortSignal;
  /** Bounds the bytes that are read. */
  bandwidth?: RateLimiter | undefined;
  /** So many bytes more were taken by targets; negative when they have to come again. */
  onBytes: (count: number) => void;
}

interface OpenSink {
  target: ImageTarget;
  sink: BlobSink;
}

/**
 * Reads a blob once and writes it to all targets, as fast as the slowest of them takes it. It becomes visible anywhere only when
 * size and digest fit; a source that fails, or sends something else, is replaced by the next one. Returns what failed, by target.
 * Errors: the signal's reason.
 */
export async function transferBlob(
  blob: Blob,
  sources: readonly ImageSource[],
  targets: readonly ImageTarget[],
  options: TransferOptions,
): Promise<Map<ImageTarget, unknown>> {
  const transfer = new Transfer(blob, options);
  try {
    await transfer.open(targets);
    await transfer.read(sources);
    await transfer.finish();
    return transfer.failures;
  } finally {
    await transfer.abort();
  }
}

class Transfer {
  readonly failures = new Map<ImageTarget, unknown>();
  #sinks: OpenSink[] = [];
  #written = 0;

  constructor(
    readonly blob: Blob,
    readonly options: TransferOptions,
  ) {}

  async open(targets: readonly ImageTarget[]): Promise<void> {
    const { signal } = this.options;
    for (const target of targets) {
      try {
        this.#sinks.push({ target, sink: await target.writeBlob(this.blob, { signal }) });
      } catch (error) {
        signal.throwIfAborted();
        this.failures.set(target, error);
      }
    }
  }

  /** Takes the bytes from the first source that has them. */
  async read(sources: readonly ImageSource[]): Promise<void> {
    const { signal } = this.options;
    let failure: unknown;
    const [only] = this.#sinks;
    // What a killed run left is of use when it is all that is to be written to.
    let kept = this.#sinks.length === 1 && only?.sink.hash !== undefined ? only.sink : undefined;
    if (kept === undefined) await this.#each(async ({ sink }) => (sink.offset > 0 ? sink.restart() : undefined), true);
    for (let at = 0; at < sources.length && this.#sinks.length > 0;) {
      try {
        const start = kept?.offset ?? 0;
        const isWhole = await this.#readFrom(sources[at] as ImageSource, start, kept?.hash);
        if (isWhole) return;
        failure = new CopyError(
          'DIGEST_MISMATCH',
          `${(sources[at] as ImageSource).name}@${this.blob.digest}: the source sends other content than its digest says`,
        );
        // Then it may have been the beginning that was spoilt.
        if (kept === undefined) at += 1;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
        at += 1;
      }
      kept = undefined;
      await this.#restart();
    }
    for (const { target, sink } of this.#sinks.splice(0)) {
      this.failures.set(target, failure);
      await sink.abort();
    }
  }

  async finish(): Promise<void> {
    await this.#each(({ sink }) => sink.finish(), false);
    this.#sinks = [];
  }

  /** What is not finished leaves nothing that can be seen. */
  async abort(): Promise<void> {
    await Promise.all(this.#sinks.splice(0).map(({ sink }) => sink.abort()));
  }

  /** False when the bytes do not fit the digest. */
  async #readFrom(source: ImageSource, start: number, begun: Hash | undefined): Promise<boolean> {
    const { digest, size } = this.blob;
    const { signal, bandwidth } = this.options;
    const hash = begun ?? createHash(digestAlgorithm(digest));
    let position = start;
    this.#count(start);
    if (position < size) {
      for await (const chunk of await source.openBlob(this.blob, start, { signal })) {
        signal.throwIfAborted();
        position += chunk.byteLength;
        if (position > size) return false;
        await bandwidth?.take(signal, chunk.byteLength);
        hash.update(chunk);
        await this.#write(chunk);
        giveBack(chunk);
        if (this.#sinks.length === 0) return true;
      }
    }
    return position === size && `${digestAlgorithm(digest)}:${hash.digest('hex')}` === digest;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    await this.#each(({ sink }) => sink.write(chunk), true);
    this.#count(chunk.byteLength);
  }

  async #restart(): Promise<void> {
    this.options.onBytes(-this.#written);
    this.#written = 0;
    await this.#each(({ sink }) => sink.restart(), true);
  }

  #count(bytes: number): void {
    const count = bytes * this.#sinks.length;
    this.#written += count;
    this.options.onBytes(count);
  }

  /** A target that fails is left behind; the others go on. Nothing is under way at any of them when it ends, however it ends. */
  async #each(work: (open: OpenSink) => Promise<void>, signalEnds: boolean): Promise<void> {
    const { signal } = this.options;
    const worked = await Promise.allSettled(
      this.#sinks.map(async (open) => {
        try {
          await work(open);
        } catch (error) {
          if (signalEnds) signal.throwIfAborted();
          this.failures.set(open.target, error);
          this.#sinks = this.#sinks.filter((one) => one !== open);
          await open.sink.abort();
        }
      }),
    );
    for (const one of worked) if (one.status === 'rejected') throw one.reason;
  }
}
