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

  /** `deliver` is called for one chunk at a time, in their order; `start` is the offset of the first byte. */
  constructor(chunkBytes: number, deliver: (bytes: Uint8Array, offset: number) => Promise<void>, start = 0) {
    this.#chunkBytes = chunkBytes;
    this.#deliver = deliver;
    this.#filling = Buffer.allocUnsafeSlow(chunkBytes);
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

  async #turn(): Promise<void> {
    await this.#delivering;
    const [full, offset] = [this.#filling, this.#offset];
    this.#filling = this.#spare ?? Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#spare = undefined;
    this.#filled = 0;
    this.#offset += full.byteLength;
    this.#delivering = this.#deliver(full, offset).then(() => void (this.#spare = full));
    // It is seen by whoever waits for it next.
    this.#delivering.catch(() => undefined);
  }
}
