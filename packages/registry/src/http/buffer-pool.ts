/** Buffers of one size. */
export interface BufferTier {
  size: number;
  /** How many may be out at once. */
  count: number;
}

/** So many unused buffers of a size are kept for the next transfer. */
const KEPT = 8;

interface Shelf extends BufferTier {
  out: number;
  free: Buffer[];
}

/**
 * Buffers for sending files, used again and again: fresh memory costs more than the copy into it. The first transfers get
 * large ones, which need fewer system calls and wake-ups a byte; when many run at once, further ones get smaller ones, so
 * that none waits and memory stays bounded. Each begins 48 bytes into its allocation, because a large Node buffer starts 16
 * bytes behind a page boundary, and the kernel copies from the page cache into such an address more slowly (2 times to 6
 * times on AMD EPYC; `npm run bench -- --only blob-get`).
 */
export class BufferPool {
  private readonly shelves: Shelf[];

  /** `tiers` from the largest to the smallest; what the smallest can't serve gets buffers of `lastSize` of its own. */
  constructor(
    tiers: readonly BufferTier[],
    private readonly lastSize: number,
  ) {
    this.shelves = tiers.map((tier) => ({ ...tier, out: 0, free: [] }));
  }

  take(): Buffer {
    const shelf = this.shelves.find(({ out, count }) => out < count);
    if (!shelf) return shifted(this.lastSize);
    shelf.out++;
    return shelf.free.pop() ?? shifted(shelf.size);
  }

  /** Gives a buffer back, once. */
  give(buffer: Buffer): void {
    const shelf = this.shelves.find(({ size }) => size === buffer.length);
    if (!shelf) return;
    shelf.out--;
    if (shelf.free.length < KEPT) shelf.free.push(buffer);
  }
}

function shifted(size: number): Buffer {
  return Buffer.allocUnsafeSlow(size + 64).subarray(48, 48 + size);
}
