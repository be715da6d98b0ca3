import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMilliseconds, DurationError, formatDuration, parseDuration } from './duration.js';

describe('durations', () => {
  it.each([
    ['0', '0s'],
    ['-0', '0s'],
    ['1h', '1h0m0s'],
    ['1h30m', '1h30m0s'],
    ['90m', '1h30m0s'],
    ['1.5s', '1.5s'],
    ['.5s', '500ms'],
    ['1.s', '1s'],
    ['-1m1s', '-1m1s'],
    ['+5s', '5s'],
    ['100ms', '100ms'],
    ['1500us', '1.5ms'],
    ['1µs', '1µs'],
    ['1μs', '1µs'],
    ['10ns', '10ns'],
    ['24h', '24h0m0s'],
    ['2562047h47m16.854775807s', '2562047h47m16.854775807s'],
  ])('%s prints as %s', (text, printed) => {
    expect(formatDuration(parseDuration(text))).toBe(printed);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['3', 'time: missing unit in duration "3"'],
    ['1x', 'time: unknown unit "x" in duration "1x"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['1-s', 'time: unknown unit "-s" in duration "1-s"'],
    ['2562047h47m16.854775808s', 'time: invalid duration "2562047h47m16.854775808s"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDuration(text)).toThrow(new DurationError(message));
  });

  it('counts milliseconds', () => {
    expect(durationMilliseconds('1m0.5ms')).toBe(60_000.5);
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (value) => {
        expect(parseDuration(formatDuration(value))).toBe(value);
      }),
    );
  });
});
