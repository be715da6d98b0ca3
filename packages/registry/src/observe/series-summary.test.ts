import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentCounts } from './recent-counts.js';
import { quantileOf } from './series-summary.js';

const buckets = (...pairs: [bound: number, count: number][]) => pairs.map(([bound, count]) => ({ bound, count }));

describe('quantileOf', () => {
  it.each([
    ['nothing', 0.5, buckets([1, 0], [Infinity, 0]), undefined],
    ['the first bucket, from 0', 0.5, buckets([1, 4], [2, 0], [Infinity, 0]), 0.5],
    ['the place within a bucket', 0.9, buckets([1, 5], [2, 5], [Infinity, 0]), 1.8],
    ['the end of a bucket', 0.5, buckets([1, 5], [2, 5], [Infinity, 0]), 1],
    ['empty buckets between', 0.99, buckets([1, 1], [2, 0], [4, 1], [Infinity, 0]), 3.96],
    ['the last bound, of what is beyond it', 0.99, buckets([1, 1], [2, 0], [Infinity, 99]), 2],
    ['0, when there is no other bound', 0.5, buckets([Infinity, 3]), 0],
  ])('takes %s', (_, quantile, counts, value) => {
    if (value === undefined) expect(quantileOf(quantile, counts)).toBeUndefined();
    else expect(quantileOf(quantile, counts)).toBeCloseTo(value);
  });

  it('grows with the share, and stays within the bounds', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const counts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(counts, share, share, (list, a, b) => {
        const of = buckets(...list.map((count, index): [number, number] => [index + 1, count]), [Infinity, 1]);
        const [low, high] = [quantileOf(Math.min(a, b), of) ?? NaN, quantileOf(Math.max(a, b), of) ?? NaN];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low - 1e-9);
        expect(high).toBeLessThanOrEqual(list.length);
      }),
    );
  });
});

describe('RecentCounts', () => {
  it('forgets what is older than ten to twelve minutes, when it is asked each half minute', () => {
    const recent = new RecentCounts();
    const counts = new Float64Array(1);
    for (let second = 0; second <= 3600; second += 30) {
      const [growth = NaN] = recent.growth(counts, second * 1000);
      expect(growth).toBeLessThanOrEqual(720);
      expect(growth).toBeGreaterThanOrEqual(Math.min(second, 600));
      counts[0] = second + 30; // one a second
    }
  });

  it('tells all that has come since it was asked last, however long ago', () => {
    const recent = new RecentCounts();
    recent.growth(Float64Array.of(5), 0);
    expect(recent.growth(Float64Array.of(9), 86_400_000)).toEqual(Float64Array.of(4));
    expect(recent.growth(Float64Array.of(9), 86_400_000)).toEqual(Float64Array.of(4));
  });
});
