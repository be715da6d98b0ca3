import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { anything, Decoder } from './decode.js';
import { readFirstDocument, YamlSource } from './document.js';
import { emitYaml } from './emit.js';
import { fields, Float, MixedKeys, Timestamp, type Value } from './value.js';

function read(text: string): Value {
  const root = readFirstDocument(new YamlSource(text));
  const decoder = new Decoder();
  const value = root === undefined ? null : (decoder.read(anything, root) ?? null);
  expect(decoder.issues).toEqual([]);
  return value;
}

/** Characters that mean something in YAML, beside any others. */
const character = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...' \n\t:#-?,[]{}&*!|>\'"%@`~=<\\/.$0123456789aeyntofNx_+\u0085\u00a0\u2028\ufeff'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
);
const word = fc.constantFrom(
  'yes',
  'no',
  'on',
  'Off',
  'null',
  '~',
  'true',
  '1e3',
  '0x1F',
  '0o17',
  '012',
  '.inf',
  '2001-01-01',
  '<<',
  '=',
  '---',
  '1_000',
  '12:30:45',
  '',
);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.array(character, { maxLength: 20 }).map((characters) => characters.join('')) },
  { weight: 1, arbitrary: word },
  { weight: 1, arbitrary: fc.array(fc.lorem(), { maxLength: 8 }).map((parts) => parts.join('\n')) },
);
const value: fc.Memo<Value> = fc.memo((depth) => {
  const scalar: fc.Arbitrary<Value> = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), text);
  if (depth <= 1) return scalar;
  return fc.oneof(
    scalar,
    fc.array(value(depth - 1), { maxLength: 4 }),
    fc.array(fc.tuple(text, value(depth - 1)), { maxLength: 4 }).map((entries) => fields(entries)),
  );
});

describe('emitYaml', () => {
  it('writes what reads the same again', () => {
    fc.assert(
      fc.property(value(5), (written) => {
        expect(read(emitYaml(written))).toEqual(written);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes long keys that are read the same again', () => {
    const long = text.map((key) => `${key}${'k'.repeat(130)}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(long, value(3))), value(3), (entries, item) => {
        const written = [fields(entries), item, fields([['a', fields(entries)]])];
        expect(read(emitYaml(written))).toEqual(written);
      }),
    );
  });

  it('writes what another library reads the same', () => {
    const plain = fc.array(fc.constantFrom(...' \n:#-?,[]{}&*!|>\'"%@`~\\/.$019aeyn'), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(plain), (texts) => {
        const written = texts.map((characters) => characters.join(''));
        expect(parse(emitYaml(written))).toEqual(written);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, Value, string]>([
    [
      'keys in natural order',
      fields([
        ['a10', 1],
        ['a2', 2],
        ['B', 3],
      ]),
      'B: 3\na2: 2\na10: 1\n',
    ],
    [
      'a structure in its own',
      new Map([
        ['z', 1],
        ['a', 2],
      ]),
      'z: 1\na: 2\n',
    ],
    [
      'nothing',
      fields([
        ['m', fields()],
        ['l', []],
        ['n', null],
      ]),
      'l: []\nm: {}\n"n": null\n',
    ],
    ['words that older readers take for booleans', ['yes', 'on', 'N'], '- "yes"\n- "on"\n- "N"\n'],
    ['numbers that are text', ['1', '0x1', '1e3', '1_0'], '- "1"\n- "0x1"\n- "1e3"\n- "1_0"\n'],
    [
      'lines',
      fields([
        ['a', 'b\nc\n'],
        ['d', 'e\nf'],
        ['g', 'h\n\n'],
      ]),
      'a: |\n    b\n    c\nd: |-\n    e\n    f\ng: |+\n    h\n\n',
    ],
    [
      'large numbers',
      [12345678901234567890n, new Float(1e21), new Float(0.5)],
      '- 12345678901234567890\n- 1e+21\n- 0.5\n',
    ],
    ['characters beyond the Basic Multilingual Plane', ['é한', '🙂'], '- é한\n- "\\U0001F642"\n'],
    ['a time', [new Timestamp('2001-01-01T00:00:00Z')], '- 2001-01-01T00:00:00Z\n'],
    [
      'keys of other types',
      new MixedKeys([
        [1, 'a'],
        [true, 'b'],
      ]),
      'true: b\n1: a\n',
    ],
    [
      'long keys apart from their values',
      fields([
        ['k'.repeat(128), 1],
        ['l'.repeat(129), 2],
        ['m'.repeat(129), fields([['a', [1, 2]]])],
        ['n'.repeat(129), ['x\ny\n', 'z']],
        ['o'.repeat(129), 'x\ny\n'],
      ]),
      `${'k'.repeat(128)}: 1\n? ${'l'.repeat(129)}\n: 2\n? ${'m'.repeat(129)}\n:   a:\n        - 1\n        - 2\n` +
        `? ${'n'.repeat(129)}\n:   - |\n      x\n      y\n    - z\n? ${'o'.repeat(129)}\n: |\n    x\n    y\n`,
    ],
    [
      'a list in a list',
      [
        [1, [2]],
        [
          fields([
            ['a', 1],
            ['b', 2],
          ]),
        ],
      ],
      '- - 1\n  - - 2\n- - a: 1\n    b: 2\n',
    ],
  ])('writes %s', (_, written, expected) => {
    expect(emitYaml(written)).toBe(expected);
  });
});
