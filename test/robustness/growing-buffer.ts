/** Bytes that come in pieces and are taken from the front; appending costs no copy of what is there already. */
export class GrowingBuffer {
  #memory = Buffer.allocUnsafe(64 * 1024);
  #start = 0;
  #end = 0;

  /** What is there. It may change with the next `append`. */
  get bytes(): Buffer {
    return this.#memory.subarray(this.#start, this.#end);
  }

  append(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#memory.length) {
      const { bytes } = this;
      this.#memory = Buffer.allocUnsafe(2 * (bytes.length + chunk.length));
      this.#end = bytes.copy(this.#memory);
      this.#start = 0;
    }
    this.#end += chunk.copy(this.#memory, this.#end);
  }

  /** Drops the first bytes. */
  take(length: number): void {
    this.#start += length;
  }
}
