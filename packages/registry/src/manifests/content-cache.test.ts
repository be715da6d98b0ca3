import { describe, expect, it } from 'vitest';
import { digestNamed } from '../testing/digests.js';
import { ContentCache } from './content-cache.js';

const content = (length: number) => ({ bytes: Buffer.alloc(length) });

describe('ContentCache', () => {
  it('keeps what fits, and forgets what was not asked for longest', () => {
    const cache = new ContentCache({ maxBytes: 1000, entryBytes: 500 });
    const [a, b, c] = ['a', 'b', 'c'].map(digestNamed) as [never, never, never];
    cache.set(a, content(200));
    cache.set(b, content(200));
    expect(cache.get(a)).toEqual(content(200));
    cache.set(c, content(200));
    expect([a, b, c].map((digest) => cache.get(digest) !== undefined)).toEqual([true, false, true]);
  });

  it.each([
    { length: 500, kept: true },
    { length: 501, kept: false },
  ])('keeps $length bytes: $kept', ({ length, kept }) => {
    const cache = new ContentCache({ maxBytes: 10_000, entryBytes: 500 });
    cache.set(digestNamed('a'), content(length));
    expect(cache.get(digestNamed('a')) !== undefined).toBe(kept);
  });

  it('keeps no more entries than it may', () => {
    const cache = new ContentCache({ maxBytes: 10_000, entryBytes: 500, entries: 2 });
    const digests = ['a', 'b', 'c'].map(digestNamed);
    for (const digest of digests) cache.set(digest, content(1));
    expect(digests.map((digest) => cache.get(digest) !== undefined)).toEqual([false, true, true]);
  });

  it('tells hits and misses', () => {
    const told: string[] = [];
    const cache = new ContentCache({ maxBytes: 1000, entryBytes: 500 }, (answer) => told.push(answer));
    cache.get(digestNamed('a'));
    cache.set(digestNamed('a'), content(1));
    cache.get(digestNamed('a'));
    expect(told).toEqual(['Miss', 'Hit']);
  });
});
