import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChunkRange, parseRange, type ByteRange } from './byte-range.js';

describe('parseRange', () => {
  it.each<[string | undefined, number, ByteRange]>([
    [undefined, 10, 'whole'],
    ['bytes=0-3', 10, { start: 0, end: 4 }],
    ['bytes=0-0', 10, { start: 0, end: 1 }],
    ['bytes=9-9', 10, { start: 9, end: 10 }],
    ['bytes=4-', 10, { start: 4, end: 10 }],
    ['bytes=4-100', 10, { start: 4, end: 10 }],
    ['bytes= 4-5 ', 10, { start: 4, end: 6 }],
    ['bytes=-3', 10, { start: 7, end: 10 }],
    ['bytes=-100', 10, { start: 0, end: 10 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-20', 10, 'unsatisfiable'],
    ['bytes=5-3', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=0-1,3-4', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['bytes=1-2x', 10, 'whole'],
    ['bytes=--1', 10, 'whole'],
    ['bytes=1.5-2', 10, 'whole'],
    ['items=0-3', 10, 'whole'],
    ['0-3', 10, 'whole'],
    [`bytes=0-${'9'.repeat(15)}`, 10, { start: 0, end: 10 }],
    [`bytes=0-${'9'.repeat(16)}`, 10, 'whole'],
  ])('%s of %i bytes', (header, size, range) => {
    expect(parseRange(header, size)).toEqual(range);
  });

  it('never leaves the file', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([first, last]) => `bytes=${first}-${last}`),
      fc.nat().map((length) => `bytes=-${length}`),
    );
    fc.assert(
      fc.property(header, fc.nat(), (text, size) => {
        const range = parseRange(text, size);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThan(range.start);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('parseChunkRange', () => {
  it.each([
    ['0-99', { start: 0, length: 100 }],
    ['100-100', { start: 100, length: 1 }],
    ['bytes 0-99/100', { start: 0, length: 100 }],
    ['bytes=0-99', { start: 0, length: 100 }],
    ['bytes 5-9/*', { start: 5, length: 5 }],
    [' 5-9 ', { start: 5, length: 5 }],
    ['5-4', { start: 5, length: 0 }],
    ['5-3', undefined],
    ['', undefined],
    ['-5', undefined],
    ['5-', undefined],
    ['0-99/', undefined],
    ['bytes0-99', undefined],
    ['0-1,3-4', undefined],
    ['0x1-2', undefined],
    [`0-${'9'.repeat(16)}`, undefined],
  ])('%s', (header, range) => {
    expect(parseChunkRange(header)).toEqual(range);
  });

  it('reads what it was made of, and survives anything else', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (start, length) => {
        expect(parseChunkRange(`${start}-${start + length}`)).toEqual({ start, length: length + 1 });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => parseChunkRange(text)?.start !== -1));
  });
});
