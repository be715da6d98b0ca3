import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatternError } from './pattern-syntax.js';
import { compilePattern, patternError } from './pattern.js';

describe('compilePattern', () => {
  it.each<[pattern: string, matches: string[], others: string[]]>([
    [
      '^https?://([^/]+\\.)*example\\.com/',
      ['https://a.b.example.com/x', 'http://example.com/'],
      ['ftp://example.com/'],
    ],
    ['example', ['an example here'], ['exampl']],
    ['^$', [''], ['a']],
    ['a|b|', ['', 'a'], []],
    ['^(a|bc){2,3}$', ['abc', 'aaa', 'bcbc'], ['a', 'aaaa']],
    ['^a{0}b$', ['b'], ['ab']],
    ['^a{,2}$', ['a{,2}'], ['aa']],
    ['(?i)^EXAMPLE[a-c]$', ['exampleB', 'ExampleC'], ['exampled']],
    ['^a(?i:b)c$', ['aBc', 'abc'], ['aBC', 'ABc']],
    ['^(?P<host>[[:alnum:]]+)\\.[[:^digit:]]$', ['ab1.x'], ['ab1.2']],
    ['^[]a-]+$', [']-a'], ['b']],
    ['^[^]a]$', ['b'], [']', 'a']],
    ['^\\x41\\x{1F600}\\.\\/$', ['A😀./'], ['A😀x/']],
    ['\\bcat\\b', ['a cat!', 'cat'], ['concat', 'cats']],
    ['a\\Bb', ['ab'], ['a b']],
    ['^.$', ['é', '😀'], ['\n', 'ab']],
    ['(?s)^.$', ['\n'], ['']],
    ['^(a*)*$', ['', 'aaaa'], ['ab']],
    ['^(a*?)+?b$', ['b', 'aab'], ['a']],
    ['^((((){1000}){1000}){1000}){1000}$', [''], ['a']],
    ['\\Aa\\z', ['a'], ['ab', 'ba']],
  ])('%s', (pattern, matches, others) => {
    const matcher = compilePattern(pattern);
    expect(matches.filter((text) => !matcher(text))).toEqual([]);
    expect(others.filter(matcher)).toEqual([]);
  });

  it.each([
    ['(', '"(" without ")"'],
    ['a)', '")" without "("'],
    ['[a', '"[" without "]"'],
    ['[', '"[" without "]"'],
    ['[b-a]', 'range in brackets'],
    ['[[:foo:]]', 'not known here'],
    ['*a', 'nothing to repeat'],
    ['a**', 'directly behind another'],
    ['a{3,2}', 'end is before its begin'],
    ['a{1001}', 'more than 1000 times'],
    ['(a{500}){500}', 'too many repetitions'],
    ['\\', 'backslash at the end'],
    ['\\1', 'not known here'],
    ['\\pL', 'not known here'],
    ['\\xZZ', 'character number'],
    ['\\x{FFFFFF}', 'character number'],
    ['(?=a)', 'not known here'],
    ['(?<!a)b', 'not known here'],
    ['('.repeat(60), 'nested deeper'],
    ['a'.repeat(1001), 'longer than'],
  ])('refuses %s', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(patternError(pattern)).toContain(message);
  });

  it('agrees with JavaScript wherever both know the syntax', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\W', '^', '$', '\\b', '');
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      pattern: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
      part: fc.oneof(
        { maxDepth: 3 },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(${left}|${right})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
          .map(([inner, count]) => `(?:${inner})${count}`),
      ),
    }));
    const text = fc.array(fc.constantFrom('a', 'b', '1', ' ', '\n'), { maxLength: 6 }).map((chars) => chars.join(''));
    fc.assert(
      fc.property(pattern, text, (source, input) => {
        expect(compilePattern(source)(input)).toBe(new RegExp(source, 'u').test(input));
      }),
      { numRuns: 2000 },
    );
  });

  it('needs no more steps for a hostile text than its length times the pattern', () => {
    // JavaScript's own engine would not come back from this one.
    const matcher = compilePattern('^https?://([^/]+\\.)*example\\.com/');
    expect(matcher(`https://${'a.'.repeat(5000)}`)).toBe(false);
  });

  it('throws nothing but PatternError', () => {
    const source = fc.string({ unit: fc.constantFrom(...'ab()[]{}?*+|^$\\.-:<>P123,xdw') });
    fc.assert(
      fc.property(source, (text) => {
        expect(patternError(text)).toSatisfy((wrong) => wrong === undefined || typeof wrong === 'string');
      }),
      { numRuns: 2000 },
    );
  });
});
