import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson, StrictJsonError } from './strict-json.js';
import type { StrictJsonLimits } from './strict-json.js';

const encode = (text: string) => new TextEncoder().encode(text);

function failure(bytes: Uint8Array, limits?: StrictJsonLimits): StrictJsonError {
  try {
    parseStrictJson(bytes, limits);
  } catch (error) {
    if (error instanceof StrictJsonError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseStrictJson', () => {
  it.each([
    'null',
    ' [ ] ',
    '\t{\r\n}',
    '-0.5e+10',
    '0',
    '1E5',
    '"\\u00e9\\n\\"\\/"',
    '"\\ud800"',
    '{"a":{"a":[{"a":1},{"a":2}]},"b":null}',
    '{"":1,"é":2,"e\u0301":3,"__proto__":4}',
  ])('reads %s', (text) => expect(parseStrictJson(encode(text))).toEqual(JSON.parse(text)));

  it.each([
    ['', 0, 'unexpected end'],
    ['{"a":1,"a":2}', 7, 'duplicate key "a"'],
    ['{"é":1,"\\u00e9":2}', 8, 'duplicate key "é"'],
    ['{"a\\/b":1,"a/b":2}', 10, 'duplicate key "a/b"'],
    ['[{"x":{"k":0,"k":0}}]', 13, 'duplicate key "k"'],
    ['{"a":1}}', 7, 'unexpected text behind the value'],
    ['[1,]', 3, 'expected a value'],
    ['[1 2]', 3, 'expected "," or "]"'],
    ['{"a" 1}', 5, 'expected ":"'],
    ['{"a":1 "b":2}', 7, 'expected "," or "}"'],
    ['{a:1}', 1, 'expected a key in double quotes'],
    ['{"a":1,}', 7, 'expected a key in double quotes'],
    ['"abc', 4, 'string without an end'],
    ['"\\', 2, 'unknown escape'],
    ['"\n"', 1, 'control character'],
    ['"\\x"', 2, 'unknown escape'],
    ['"\\u12G4"', 5, 'four hexadecimal digits'],
    ['01', 1, 'unexpected text'],
    ['-', 1, 'expected a digit'],
    ['1.', 2, 'expected a digit'],
    ['1e', 2, 'expected a digit'],
    ['+1', 0, 'expected a value'],
    ['NaN', 0, 'expected a value'],
    ['nul', 0, 'expected a value'],
    ["'a'", 0, 'expected a value'],
    ['\u00a0 1', 0, 'expected a value'],
    ['\ufeff{}', 0, 'expected a value'],
    ['// x\n1', 0, 'expected a value'],
  ])('refuses %j at byte %i: %s', (text, offset, fault) => {
    const error = failure(encode(text));
    expect(error).toMatchObject({ code: 'JSON_INVALID', name: 'StrictJsonError', offset });
    expect(error.message).toMatch(new RegExp(`^byte ${offset}: `));
    expect(error.fault).toContain(fault);
  });

  it.each([
    [[0x22, 0x61, 0xff, 0x22], 2],
    [[0x22, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0x22], 3],
    [[0xc0, 0x80], 0],
    [[0x22, 0xef, 0xbf], 3],
    [[0x22, 0xef, 0xbf, 0xbd, 0xf5], 4],
  ])('refuses the bytes %j as UTF-8 near byte %i', (bytes, offset) => {
    expect(failure(Uint8Array.from(bytes))).toMatchObject({ fault: 'invalid UTF-8', offset });
  });

  it('counts levels across objects and arrays', () => {
    const nested = (levels: number) => encode('[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2));
    expect(parseStrictJson(nested(64))).toBeInstanceOf(Array);
    expect(failure(nested(66)).fault).toBe('nested deeper than 64 levels');
    expect(parseStrictJson(encode('[[],[],{"a":[]}]'), { maxDepth: 3 })).toEqual([[], [], { a: [] }]);
    expect(failure(encode('[[],[],{"a":[]}]'), { maxDepth: 2 }).offset).toBe(12);
    expect(failure(encode('['.repeat(1_000_000)), { maxDepth: undefined }).fault).toContain('64 levels');
  });

  it('counts values', () => {
    expect(parseStrictJson(encode('[1,{"a":2}]'), { maxValues: 4 })).toEqual([1, { a: 2 }]);
    expect(failure(encode('[1,{"a":2}]'), { maxValues: 3 }).fault).toBe('more than 3 values');
    expect(failure(encode(`[${'[],'.repeat(200_000)}1]`)).fault).toBe('more than 200000 values');
  });

  it('finds the one duplicate among many keys', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}`);
    expect(parseStrictJson(encode(`{${keys.join()}}`))).toHaveProperty('k19999', 19_999);
    expect(failure(encode(`{${keys.join()},"k7":0}`)).fault).toBe('duplicate key "k7"');
    expect(failure(encode(`{${keys.join()},"k19999":0}`)).fault).toBe('duplicate key "k19999"');
  });
});

/** JSON as a tree that, unlike a JavaScript value, can hold a key twice and knows how each key is written. */
type Tree = number | string | Tree[] | { members: [key: string, escaped: boolean, value: Tree][] };

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; list: Tree; object: Tree }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small', maxDepth: 5 }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(fc.integer(), fc.string()),
  list: fc.array(tie('tree'), { maxLength: 3 }),
  object: fc.record({
    members: fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '"') }), fc.boolean(), tie('tree')), {
      maxLength: 12,
    }),
  }),
}));

function write(node: Tree): string {
  if (Array.isArray(node)) return `[${node.map(write).join(' , ')}]`;
  if (typeof node !== 'object') return JSON.stringify(node);
  return `{${node.members.map(([key, escaped, value]) => `${writeKey(key, escaped)}:\n${write(value)}`).join()}}`;
}

function writeKey(key: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(key);
  return `"${[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

function hasDuplicate(node: Tree): boolean {
  if (Array.isArray(node)) return node.some(hasDuplicate);
  if (typeof node !== 'object') return false;
  const keys = node.members.map(([key]) => key);
  return new Set(keys).size < keys.length || node.members.some(([, , value]) => hasDuplicate(value));
}

describe('parseStrictJson on generated texts', () => {
  it('refuses exactly those with a duplicate key', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const text = write(node);
        if (hasDuplicate(node)) expect(failure(encode(text)).fault).toMatch(/^duplicate key /);
        else expect(parseStrictJson(encode(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes and refuses what JSON.parse does when no key repeats', () => {
    const tokens = ['[', ']', '"', '"a"', ':', ',', '1', '-', '0', '.', 'e', '+', 'true', 'null', ' ', '\\', 'u00e9'];
    const soup = fc.oneof(fc.json(), fc.string({ unit: fc.constantFrom(...tokens), maxLength: 10 }));
    fc.assert(
      fc.property(soup, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(failure(encode(text)).code).toBe('JSON_INVALID');
          return;
        }
        expect(parseStrictJson(encode(text))).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but StrictJsonError on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          parseStrictJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(StrictJsonError);
        }
      }),
    );
  });
});
