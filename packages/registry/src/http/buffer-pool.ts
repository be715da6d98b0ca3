/**
 * Buffers for sending files, used again and again: fresh memory costs more than the copy into it. Each begins 48 bytes into
 * its allocation, because a large Node buffer starts 16 bytes behind a page boundary, and the kernel copies from the page
 * cache into such an address at a sixth of the speed (measured on AMD EPYC; `npm run bench -- --only blob-get`).
 */
export class BufferPool {
  private readonly free: Buffer[] = [];
  private allocated = 0;

  /** `count`: how many large buffers at most. Transfers beyond that get small ones of their own, so that none waits. */
  constructor(
    private readonly count: number,
    private readonly size: number,
    private readonly smallSize: number,
  ) {}

  take(): Buffer {
    const buffer = this.free.pop();
    if (buffer) return buffer;
    if (this.allocated >= this.count) return shifted(this.smallSize);
    this.allocated++;
    return shifted(this.size);
  }

  give(buffer: Buffer): void {
    if (buffer.length === this.size) this.free.push(buffer);
  }
}

function shifted(size: number): Buffer {
  return Buffer.allocUnsafeSlow(size + 64).subarray(48, 48 + size);
}
