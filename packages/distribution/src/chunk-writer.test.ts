import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkWriter } from './chunk-writer.js';

const MIB = 1024 * 1024;

describe('a chunk writer', () => {
  it('delivers all bytes in order, in chunks of its size, whatever pieces come', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 17 }), fc.nat(50), async (drawn, chunkBytes, start) => {
        const got: Buffer[] = [];
        let position = start;
        const deliver = async (bytes: Uint8Array, offset: number) => {
          expect([offset, bytes.byteLength]).toEqual([position, chunkBytes]);
          position += bytes.byteLength;
          await Promise.resolve();
          got.push(Buffer.from(bytes));
        };
        const writer = new ChunkWriter(chunkBytes, deliver, start);
        for (const piece of drawn) {
          const reused = Buffer.from(piece);
          await writer.write(reused);
          reused.fill(0);
        }
        const rest = await writer.rest();
        expect(rest.offset).toBe(position);
        expect(rest.bytes.byteLength).toBeLessThanOrEqual(chunkBytes);
        expect(Buffer.concat([...got, rest.bytes]).equals(Buffer.concat(drawn))).toBe(true);
      }),
    );
  });

  it('tells of a delivery that failed', async () => {
    const writer = new ChunkWriter(1, async () => Promise.reject(new Error('full')));
    await expect(
      (async () => {
        for (let count = 0; count < 3; count += 1) await writer.write(Buffer.alloc(1));
      })(),
    ).rejects.toThrow('full');
    await expect(writer.rest()).rejects.toThrow('full');
  });
});

describe('memory of chunks', () => {
  const memoryOf = async (writer: ChunkWriter) => {
    await writer.write(Buffer.alloc(1));
    return (await writer.rest()).bytes.buffer;
  };
  const writerOf = (bytes: number) => new ChunkWriter(bytes, () => Promise.resolve());

  it('is used again where it is large enough, never a large one for little', async () => {
    const [large, middle] = [writerOf(3 * MIB), writerOf(2 * MIB)];
    const [ofLarge, ofMiddle] = [await memoryOf(large), await memoryOf(middle)];
    expect(await memoryOf(writerOf(2 * MIB))).not.toBe(ofMiddle);
    for (const writer of [large, middle]) writer.release();
    expect((await memoryOf(writerOf(10))).byteLength).toBeLessThan(MIB);
    expect(await memoryOf(writerOf(2 * MIB))).toBe(ofMiddle);
    expect(await memoryOf(writerOf(2 * MIB))).toBe(ofLarge);
    expect((await memoryOf(writerOf(2 * MIB))).byteLength).toBe(2 * MIB);
  });

  it('is given back once', async () => {
    const writer = writerOf(2 * MIB);
    const memory = await memoryOf(writer);
    writer.release();
    writer.release();
    expect(await memoryOf(writerOf(2 * MIB))).toBe(memory);
    expect(await memoryOf(writerOf(2 * MIB))).not.toBe(memory);
  });
});
