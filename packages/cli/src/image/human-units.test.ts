import { expect, it } from 'vitest';
import { formatSince, formatSize } from './human-units.js';

it.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [392_910, '392.9kB'],
  [1_050_000_000, '1.05GB'],
  [12_345_678, '12.35MB'],
  [Number.MAX_SAFE_INTEGER, '9.007PB'],
])('%i bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

it.each([
  [-5000, '<invalid>'],
  [-1000, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_000, '59m'],
  [86_399_000, '23h'],
  [86_400_000, '1d'],
  [364 * 86_400_000, '364d'],
  [800 * 86_400_000, '2y'],
])('%i ms are %s', (milliseconds, text) => expect(formatSince(milliseconds)).toBe(text));
