import { describe, expect, it } from 'vitest';
import { readLimitRate, type LimitRate } from './limit-rate.js';

const read = (...values: string[]) =>
  values.reduce<LimitRate | undefined>((before, value) => readLimitRate(value, before), undefined);

describe('--limit-rate', () => {
  it.each([
    [['5M'], 5_000_000, []],
    [['1000'], 1000, []],
    [['quay.io=500k'], undefined, [['quay.io', 500_000]]],
    [
      ['quay.io=1M', '2G', '[::1]:5000=5k'],
      2_000_000_000,
      [
        ['quay.io', 1_000_000],
        ['[::1]:5000', 5000],
      ],
    ],
    [['1M', 'quay.io=1M', 'quay.io=2M', '3M'], 3_000_000, [['quay.io', 2_000_000]]],
  ])('reads %j', (values, all, hosts) => {
    const limit = read(...values);
    expect([limit?.all, [...(limit?.hosts ?? [])]]).toEqual([all, hosts]);
  });

  it.each(['', '999', '1.5M', '5m', '-5M', 'quay.io=', '=5M', 'quay.io/org=5M', 'quay.io=5M=', 'a b=5M'])(
    'refuses %j',
    (value) => {
      expect(() => read(value)).toThrow(/It is a number|A host is written/);
    },
  );
});
