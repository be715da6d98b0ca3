import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestTable } from './digest-table.js';

const hexOf = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((all) => all.join(''));
const digests = fc.oneof(
  hexOf(64).map((hex) => `sha256:${hex}`),
  hexOf(128).map((hex) => `sha512:${hex}`),
  fc.string(),
  // Such as differ in one place only.
  fc.nat({ max: 15 }).map((last) => `sha256:${'0'.repeat(63)}${last.toString(16)}`),
);

describe('DigestTable', () => {
  it('gives each text one number, and the text back', () => {
    fc.assert(
      fc.property(fc.array(digests, { maxLength: 200 }), (texts) => {
        const table = new DigestTable();
        const numbers = new Map<string, number>();
        for (const text of texts) {
          const number = table.intern(text);
          expect(numbers.get(text) ?? number).toBe(number);
          numbers.set(text, number);
        }
        expect(table.size).toBe(numbers.size);
        for (const [text, number] of numbers) {
          expect(table.text(number)).toBe(text);
          expect(table.find(text)).toBe(number);
        }
        expect(new Set(numbers.values()).size).toBe(numbers.size);
      }),
    );
  });

  it('keeps its numbers while it grows', () => {
    const table = new DigestTable();
    const text = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}`;
    for (let number = 0; number < 10_000; number++) expect(table.intern(text(number))).toBe(number);
    for (let number = 0; number < 10_000; number++) expect(table.find(text(number))).toBe(number);
    expect(table.find(text(10_000))).toBeUndefined();
  });
});
