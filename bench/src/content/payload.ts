import { createHash, randomBytes, type Hash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';

const tailSize = 16;

/**
 * The content of large blobs: one random block over and over, and a number in the last 16 bytes that makes each variant
 * a blob of its own. The digest of a variant costs nothing, since all before the tail is hashed once.
 */
export class Payload {
  private readonly hashBeforeTail: Hash;

  /** `size` is a multiple of the block's length. */
  private constructor(
    private readonly block: Buffer,
    readonly size: number,
  ) {
    this.hashBeforeTail = createHash('sha256');
    for (const part of this.parts(0, size - tailSize, Buffer.alloc(tailSize))) this.hashBeforeTail.update(part);
  }

  static async load(blockFile: string, size: number): Promise<Payload> {
    return new Payload(await readFile(blockFile), size);
  }

  digest(variant: number): string {
    return `sha256:${this.hashBeforeTail.copy().update(tailOf(variant)).digest('hex')}`;
  }

  /** The bytes of a variant from `start` up to but not including `end`, as views of shared memory. */
  slices(variant: number, start: number, end: number): Iterable<Buffer> {
    return this.parts(start, end, tailOf(variant));
  }

  /** Writes a variant to a file and waits until it is on the disk. */
  async write(variant: number, path: string): Promise<void> {
    const file = await open(path, 'wx');
    try {
      for (const part of this.slices(variant, 0, this.size)) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private *parts(start: number, end: number, tail: Buffer): Generator<Buffer> {
    const tailStart = this.size - tailSize;
    for (let at = start; at < Math.min(end, tailStart);) {
      const offset = at % this.block.length;
      const length = Math.min(sliceSize, this.block.length - offset, Math.min(end, tailStart) - at);
      yield this.block.subarray(offset, offset + length);
      at += length;
    }
    if (end > tailStart) yield tail.subarray(Math.max(0, start - tailStart), end - tailStart);
  }
}

/** What goes to a socket or file with one call. */
const sliceSize = 1024 * 1024;

function tailOf(variant: number): Buffer {
  const tail = Buffer.alloc(tailSize);
  tail.writeUInt32BE(variant);
  return tail;
}

/** Writes the random block that payloads are made of. */
export async function writeBlock(path: string): Promise<void> {
  await writeFile(path, randomBytes(4 * sliceSize));
}
