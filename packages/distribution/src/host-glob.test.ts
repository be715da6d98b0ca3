import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesHostGlob } from './host-glob.js';

it('agrees with a regular expression', () => {
  const glob = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 }), {
    minLength: 1,
    maxLength: 3,
  });
  const host = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(glob, host, (globs, labels) => {
      const source = globs.map((one) => one.replaceAll('*', '[^.]*').replaceAll('?', '[^.]')).join('\\.');
      const expected = new RegExp(`^${source}$`).test(labels.join('.'));
      expect(matchesHostGlob(globs.join('.'), labels.join('.'))).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

it('is quick for patterns that would backtrack', () => {
  expect(matchesHostGlob('*a'.repeat(120), 'a'.repeat(250) + 'b')).toBe(false);
});
