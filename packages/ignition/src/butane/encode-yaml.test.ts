import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeYaml, naturally } from './encode-yaml.js';

describe('encodeYaml', () => {
  it('writes lists indented, texts as literal blocks and keys in their natural order', () => {
    expect(encodeYaml({ list: [{ b: 1, a: 'x\ny\n' }, ['z']], empty: [], none: {}, a10: true, a9: 'y' })).toBe(`a9: "y"
a10: true
empty: []
list:
  - a: |
      x
      y
    b: 1
  - - z
none: {}
`);
  });

  it.each([
    ['12:30', '"12:30"'],
    ['-1_0:2:59.5', '"-1_0:2:59.5"'],
    ['12:60', '12:60'],
    ['12:30:', "'12:30:'"],
    ['0644', '"0644"'],
    ['yes', '"yes"'],
    ['~', '"~"'],
    ['- a', "'- a'"],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    ["it's", "it's"],
    ['data:,a', 'data:,a'],
    [' a', "' a'"],
    ['', '""'],
    ['a\tb', String.raw`"a\tb"`],
    ['a\n', '|\n  a'],
    ['a\n\n', '|+\n  a\n'],
    ['a', 'a'],
    ['a\nb', '|-\n  a\n  b'],
    [' a\nb', '|2-\n   a\n  b'],
    ['a \nb', String.raw`"a \nb"`],
  ])('writes %j as %s', (text, yaml) => {
    expect(encodeYaml({ k: text })).toBe(`k: ${yaml}\n`);
  });

  it('is read back as it was', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('a', '\n', ' ', ':', '#', '-', '"', "'") }),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.boolean(),
        fc.integer(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true }), (document) => {
        expect(parse(encodeYaml(document))).toEqual(document);
      }),
    );
  });
});

it('orders keys by letters, and numbers in them by size', () => {
  const keys = ['b', 'a10', 'a9', 'a', 'a-b', 'a1b', 'A', '1', 'ab', 'a/b', '01'];
  expect(keys.toSorted(naturally)).toEqual(['1', '01', 'A', 'a', 'a-b', 'a/b', 'a1b', 'a9', 'a10', 'ab', 'b']);
});

it.each(['b\n', '\n'])('writes texts of many lines such as %j', (line) => {
  const lines = `${line === '\n' ? '' : '  '}${line}`.repeat(300_000);
  expect(encodeYaml({ a: `a\n${line.repeat(300_000)}c` })).toBe(`a: |-\n  a\n${lines}  c\n`);
});

it('writes long texts that might be numbers', () => {
  const text = `1${':1'.repeat(3_000_000)}`;
  expect(encodeYaml({ a: text })).toBe(`a: "${text}"\n`);
});
