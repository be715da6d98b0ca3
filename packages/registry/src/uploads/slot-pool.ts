/** A piece of shared memory that an upload fills, while a thread hashes another and the disk takes a third. */
export interface Slot {
  /** Place of the first byte in the shared memory. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Large allocations start 16 bytes behind a page boundary; from there the kernel copies more slowly (http/buffer-pool.ts). */
const ALIGNMENT = 48;

/** A fixed number of slots for all uploads of a process; who finds none waits in line. */
export class SlotPool {
  readonly memory: SharedArrayBuffer;
  private readonly free: Slot[] = [];
  private readonly waiting: ((slot: Slot) => void)[] = [];

  constructor(
    count: number,
    readonly slotBytes: number,
  ) {
    this.memory = new SharedArrayBuffer(count * slotBytes + ALIGNMENT);
    for (let index = 0; index < count; index++) {
      const start = ALIGNMENT + index * slotBytes;
      this.free.push({ start, bytes: new Uint8Array(this.memory, start, slotBytes) });
    }
  }

  /** A slot at once, or undefined. */
  take(): Slot | undefined {
    return this.waiting.length === 0 ? this.free.pop() : undefined;
  }

  /** The next slot that becomes free. */
  wait(): Promise<Slot> {
    const slot = this.take();
    return slot ? Promise.resolve(slot) : new Promise((resolve) => this.waiting.push(resolve));
  }

  give(slot: Slot): void {
    const next = this.waiting.shift();
    if (next) next(slot);
    else this.free.push(slot);
  }
}
