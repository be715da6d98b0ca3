import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from './repository-glob.js';

describe('compileGlob', () => {
  it.each([
    ['team/app', 'team/app', true],
    ['team/app', 'team/apps', false],
    ['team/app', 'xteam/app', false],
    ['team/*', 'team/app', true],
    ['team/*', 'team/a/b', false],
    ['team/*', 'team', false],
    ['team/*', 'other/app', false],
    ['*', 'app', true],
    ['*', 'team/app', false],
    ['**', 'team/app', true],
    ['***', 'team/app', true],
    ['team/**', 'team/a/b/c', true],
    ['team/**', 'team', false],
    ['team/**', 'teammate/a', false],
    ['**/app', 'a/b/app', true],
    ['**/app', 'app', false],
    ['*/app-*', 'team/app-1', true],
    ['*/app-*', 'team/app', false],
    ['*/app-*', 'a/b/app-1', false],
    ['a*c', 'abbbc', true],
    ['a*c', 'ab/c', false],
    ['a**c', 'ab/c', true],
    ['a*b*c', 'aXbXbXc', true],
    // Nothing but the star is special.
    ['team/.*', 'team/app', false],
    ['team/a.p', 'team/axp', false],
    ['team/[ab]', 'team/a', false],
    ['team/?', 'team/a', false],
    ['team/app$', 'team/app', false],
  ])('%s on %s: %s', (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 8 });

  it('agrees with a regular expression', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    fc.assert(
      fc.property(text, name, (pattern, name) => {
        const source = pattern.replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
        expect(compileGlob(pattern)(name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 1000 },
    );
  });

  it('does a bounded amount of work for a pattern that makes backtracking explode', () => {
    const matches = compileGlob('*a'.repeat(200) + 'b');
    expect(matches('a'.repeat(255))).toBe(false);
  });
});
