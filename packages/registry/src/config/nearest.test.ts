import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from './nearest.js';

describe('nearest', () => {
  const keys = ['delete', 'redirect', 'cache', 'maintenance', 'maxthreads'];

  it.each([
    ['delte', 'delete'],
    ['deltee', 'delete'],
    ['maxThreads', 'maxthreads'],
    ['MAINTENANCE', 'maintenance'],
    ['cahce', 'cache'],
    ['xyz', undefined],
    ['', undefined],
    ['delete'.repeat(20), undefined],
  ])('%s is %s', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  it('puts what it found into words', () => {
    expect(didYouMean('delte', keys)).toBe('; did you mean "delete"?');
    expect(didYouMean('xyz', keys)).toBe('');
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['delte', 'delete', 1],
  ])('%s to %s is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is the same both ways, and 0 for equal words only', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (from, to) => {
        expect(editDistance(from, to)).toBe(editDistance(to, from));
        expect(editDistance(from, to) === 0).toBe(from === to);
      }),
    );
  });
});
