import { expect, it } from 'vitest';
import { binarySize, byteRate, shortDuration } from './units.js';

it.each([
  [0, '0B'],
  [625, '625B'],
  [1023, '1023B'],
  [1024, '1KiB'],
  [51_663, '50.45KiB'],
  [200_339, '195.6KiB'],
  [41_956_049, '40.01MiB'],
  [1_048_575, '1MiB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(binarySize(bytes)).toBe(text);
});

it('writes rates', () => {
  expect(byteRate(376_500, 1)).toBe('376.5kB/s');
  expect(byteRate(0, 0)).toBe('0B/s');
});

it.each([
  [10.2, '10ms'],
  [1048, '1.05s'],
  [59_990, '59.99s'],
  [59_996, '1m0s'],
  [123_000, '2m3s'],
  [3_605_000, '1h0m5s'],
])('writes %d milliseconds as %s', (milliseconds, text) => {
  expect(shortDuration(milliseconds)).toBe(text);
});
