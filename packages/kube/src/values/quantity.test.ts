import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantity, QuantityError } from './quantity.js';

describe('Quantity', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0Ki', '0'],
    ['1', '1'],
    ['+1', '1'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.1', '100m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['1024', '1024'],
    ['1000k', '1M'],
    ['0001', '1'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['1Ki', '1Ki'],
    ['0.5Ki', '512'],
    ['0.1Ki', '102400m'],
    ['1023.5Ki', '1048064'],
    ['1.3Ki', '1331200m'],
    ['-1Mi', '-1Mi'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['1e0', '1'],
    ['12e2', '1200'],
    ['1e-3', '1e-3'],
    ['1E', '1E'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1e-100', '1e-9'],
    ['9223372036854775807', '9223372036854775807'],
    ['9223372036854775808', '9223372036854775807'],
    ['1e100', '9223372036854775807'],
    ['1e999999999', '9223372036854775807'],
    ['1e-999999999', '1e-9'],
    ['-10E', '-9223372036854775807'],
  ])('%s is %s', (text, canonical) => {
    expect(Quantity.parse(text).toString()).toBe(canonical);
  });

  it.each([
    '',
    '.',
    '+',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    '0.1am',
    'aoeu',
    '.5i',
    '1i',
    '-3.01i',
    '-3.01e-',
    '1 ',
    ' 1',
    '1KI',
  ])('refuses %j', (text) => {
    expect(() => Quantity.parse(text)).toThrow(QuantityError);
  });

  it.each<[string, string, number]>([
    ['1Ki', '1024', 0],
    ['1', '1000m', 0],
    ['1k', '1Ki', -1],
    ['-1', '1', -1],
    ['1.1', '1099m', 1],
  ])('%s against %s: %d', (a, b, expected) => {
    expect(Quantity.parse(a).compare(Quantity.parse(b))).toBe(expected);
  });

  it('adds, subtracts and rounds up', () => {
    const sum = Quantity.parse('1Gi').add(Quantity.parse('512M'));
    expect(sum.toInteger()).toBe(1073741824n + 512000000n);
    expect(Quantity.zero.add(Quantity.parse('1Gi')).toString()).toBe('1Gi');
    expect(Quantity.parse('1').subtract(Quantity.parse('100m')).toString()).toBe('900m');
    expect(Quantity.parse('100m').toInteger()).toBe(1n);
    expect(Quantity.parse('-100m').toInteger()).toBe(-1n);
    expect(JSON.stringify(Quantity.fromInteger(2048, 'BinarySI'))).toBe('"2Ki"');
  });

  it('reads back what it prints', () => {
    const suffix = fc.constantFrom(
      '',
      'n',
      'u',
      'm',
      'k',
      'M',
      'G',
      'T',
      'P',
      'E',
      'Ki',
      'Mi',
      'Gi',
      'Ti',
      'e3',
      'E-4',
    );
    fc.assert(
      fc.property(fc.integer(), fc.nat(9999), suffix, (whole, fraction, suffix) => {
        const quantity = Quantity.parse(`${whole}.${fraction}${suffix}`);
        const again = Quantity.parse(quantity.toString());
        expect(again.compare(quantity)).toBe(0);
        expect(again.toString()).toBe(quantity.toString());
      }),
    );
  });
});
