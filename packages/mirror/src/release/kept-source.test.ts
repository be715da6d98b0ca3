import type { Blob, ImageSource } from '@longshore/distribution';
import { digestOf } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { KeptSource } from './kept-source.js';

const signal = new AbortController().signal;

/** A source that gives its blobs in pieces, from one buffer, and counts how often. */
function sourceOf(mostBytes: number, ...contents: Buffer[]) {
  const opened: string[] = [];
  const blobs = contents.map((bytes): Blob => ({ digest: digestOf(bytes), size: bytes.byteLength }));
  const openBlob = async function* ({ digest }: Blob, start: number) {
    const content = contents[blobs.findIndex((blob) => blob.digest === digest)] ?? Buffer.alloc(0);
    const buffer = Buffer.alloc(4);
    for (let at = start; at < content.byteLength; at += 4) {
      const length = content.copy(buffer, 0, at, at + 4);
      yield await Promise.resolve(buffer.subarray(0, length));
    }
  };
  const source = {
    name: 'r.test/x',
    openBlob: (blob: Blob, start: number) => {
      opened.push(blob.digest);
      return Promise.resolve(openBlob(blob, start));
    },
  };
  return { opened, blobs, kept: new KeptSource(source as unknown as ImageSource, mostBytes) };
}

async function read(source: KeptSource, blob: Blob | undefined, start = 0): Promise<string> {
  let text = '';
  if (blob === undefined) return text;
  for await (const chunk of await source.openBlob(blob, start, { signal })) text += Buffer.from(chunk).toString();
  return text;
}

describe('a source that keeps what was read', () => {
  it('gives it again from any place, without asking', async () => {
    const { kept, blobs, opened } = sourceOf(100, Buffer.from('what a release says'));
    expect(await read(kept, blobs[0])).toBe('what a release says');
    expect(await read(kept, blobs[0])).toBe('what a release says');
    expect(await read(kept, blobs[0], 15)).toBe('says');
    expect(opened).toHaveLength(1);
  });

  it('keeps nothing that was not read to its end, nor what comes once it is sealed', async () => {
    const { kept, blobs, opened } = sourceOf(100, Buffer.from('the first'), Buffer.from('the second'));
    for await (const chunk of await kept.openBlob(blobs[0] as Blob, 0, { signal })) if (chunk.byteLength > 0) break;
    expect(await read(kept, blobs[0], 4)).toBe('first');
    expect(await read(kept, blobs[0])).toBe('the first');
    kept.seal();
    for (let round = 0; round < 2; round++) expect(await read(kept, blobs[1])).toBe('the second');
    expect(opened).toEqual([0, 0, 0, 1, 1].map((index) => blobs[index]?.digest));
  });

  it('keeps nothing that has another size than it should', async () => {
    const { kept, blobs, opened } = sourceOf(100, Buffer.from('more than that'));
    const shorter = { digest: blobs[0]?.digest, size: 4 } as Blob;
    for (let round = 0; round < 2; round++) await read(kept, shorter);
    expect(opened).toHaveLength(2);
  });

  it('keeps no more than it may', async () => {
    const { kept, blobs, opened } = sourceOf(12, Buffer.from('eight of'), Buffer.from('five '), Buffer.from('four'));
    for (const blob of blobs) await read(kept, blob);
    expect(await Promise.all(blobs.map((blob) => read(kept, blob)))).toEqual(['eight of', 'five ', 'four']);
    expect(opened).toEqual([0, 1, 2, 1].map((index) => blobs[index]?.digest));
  });
});
