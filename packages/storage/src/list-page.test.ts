import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageOf } from './list-page.js';

it('pages of any length, one after another, give all names in order', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const seen: string[] = [];
      for (let more = true; more;) {
        const page = pageOf(all, { limit, after: seen.at(-1) });
        expect(page.names.length).toBe(Math.min(limit, all.length - seen.length));
        seen.push(...page.names);
        more = page.more;
      }
      expect(seen).toEqual([...all].sort());
    }),
  );
});

it('does not sort the caller’s array', () => {
  const names = ['b', 'a'];
  expect(pageOf(names, {})).toEqual({ names: ['a', 'b'], more: false });
  expect(names).toEqual(['b', 'a']);
});
