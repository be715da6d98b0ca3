import { isBeingSent } from './http/sent-buffers.js';

/** Small ones cost nothing, and large ones must not serve for small chunks. */
const SMALLEST_KEPT = 1024 * 1024;
const MOST_KEPT_BYTES = 128 * 1024 * 1024;

/**
 * Buffers that are used again: fresh memory costs the first write to each of its pages, and each large buffer that is dropped
 * brings the next full garbage collection nearer.
 */
class ChunkPool {
  /** The smallest first. */
  readonly #free: Buffer[] = [];
  #bytes = 0;

  /** A buffer of at least so many bytes. */
  take(bytes: number): Buffer {
    const index = bytes < SMALLEST_KEPT ? -1 : this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (found === undefined) return Buffer.allocUnsafeSlow(bytes);
    this.#bytes -= found.byteLength;
    return found;
  }

  /** Takes a buffer back that nobody uses any more, but for a registry that said so while it was still being sent. */
  give(buffer: Buffer): void {
    if (buffer.byteLength < SMALLEST_KEPT || this.#bytes + buffer.byteLength > MOST_KEPT_BYTES) return;
    if (isBeingSent(buffer)) return;
    this.#bytes += buffer.byteLength;
    this.#free.push(buffer);
    this.#free.sort((a, b) => a.byteLength - b.byteLength);
  }
}

const pool = new ChunkPool();

/**
 * Gathers bytes in chunks of one size. While a full one is delivered the other one is filled; who writes waits only when both
 * are full. Bytes are copied, so that many small buffers of sockets do not stay in memory.
 */
export class ChunkWriter {
  readonly #chunkBytes: number;
  readonly #deliver: (bytes: Uint8Array, offset: number) => Promise<void>;
  #spare: Buffer | undefined;
  #filling: Buffer;
  #filled = 0;
  #offset = 0;
  #delivering: Promise<void> = Promise.resolve();

  /** `deliver` is called for one chunk at a time, in their order; `start` is the offset of the first byte. Call `release` at the end. */
  constructor(chunkBytes: number, deliver: (bytes: Uint8Array, offset: number) => Promise<void>, start = 0) {
    this.#chunkBytes = chunkBytes;
    this.#deliver = deliver;
    this.#filling = pool.take(chunkBytes);
    this.#offset = start;
  }

  /** The offset behind the last byte that was written. */
  get position(): number {
    return this.#offset + this.#filled;
  }

  /** Takes bytes; they may be overwritten afterwards. Errors: those of the delivery of an earlier chunk. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      if (this.#filled === this.#chunkBytes) await this.#turn();
      const part = bytes.subarray(at, at + this.#chunkBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.byteLength;
      at += part.byteLength;
    }
  }

  /** Waits for what is on its way and returns the rest, which is not delivered. */
  async rest(): Promise<{ bytes: Uint8Array; offset: number }> {
    await this.#delivering;
    return { bytes: this.#filling.subarray(0, this.#filled), offset: this.#offset };
  }

  /** Lets others use the memory. Nothing may be on its way any more. */
  release(): void {
    for (const buffer of [this.#filling, this.#spare]) if (buffer !== undefined) pool.give(buffer);
    this.#spare = undefined;
    this.#filling = Buffer.alloc(0);
  }

  async #turn(): Promise<void> {
    await this.#delivering;
    const [full, offset] = [this.#filling, this.#offset];
    this.#filling = this.#spare ?? pool.take(this.#chunkBytes);
    this.#spare = undefined;
    this.#filled = 0;
    this.#offset += this.#chunkBytes;
    this.#delivering = this.#deliver(full.subarray(0, this.#chunkBytes), offset).then(() => {
      if (!isBeingSent(full)) this.#spare = full;
    });
    // It is seen by whoever waits for it next.
    this.#delivering.catch(() => undefined);
  }
}
