import type { Schema } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateSchema } from './validate.js';

const mapList: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['n'],
  items: { type: 'object', properties: { n: { type: 'string' }, v: { maximum: 2 } } },
};
const wrap = (schema: Schema): Schema => ({ type: 'object', properties: { x: schema } });

describe('validateSchema', () => {
  it.each<[string, Schema, unknown, string[]]>([
    ['right type', { type: 'integer' }, 3, []],
    ['whole number as number', { type: 'number' }, 3, []],
    [
      'wrong type',
      { type: 'integer' },
      'a',
      ['x: Invalid value: "string": x in body must be of type integer: "string"'],
    ],
    [
      'fraction as integer',
      { type: 'integer' },
      1.5,
      ['x: Invalid value: "number": x in body must be of type integer: "number"'],
    ],
    ['null', { type: 'string' }, null, ['x: Invalid value: "null": x in body must be of type string: "null"']],
    ['nullable null', { type: 'string', nullable: true }, null, []],
    [
      'int or string',
      { 'x-kubernetes-int-or-string': true },
      true,
      ['x: Invalid value: "boolean": x in body must be of type integer,string: "boolean"'],
    ],
    ['enum', { type: 'string', enum: ['a', 'b'] }, 'c', ['x: Unsupported value: "c": supported values: "a", "b"']],
    ['number enum', { type: 'integer', enum: [1, 2] }, 3, ['x: Unsupported value: 3: supported values: "1", "2"']],
    ['object enum', { enum: [{ a: 1, b: 2 }] }, { b: 2, a: 1 }, []],
    [
      'minimum',
      { type: 'integer', minimum: 1 },
      0,
      ['x: Invalid value: 0: x in body should be greater than or equal to 1'],
    ],
    [
      'exclusive minimum',
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      1,
      ['x: Invalid value: 1: x in body should be greater than 1'],
    ],
    [
      'maximum',
      { type: 'integer', maximum: 1 },
      2,
      ['x: Invalid value: 2: x in body should be less than or equal to 1'],
    ],
    [
      'exclusive maximum',
      { type: 'number', maximum: 1.5, exclusiveMaximum: true },
      1.5,
      ['x: Invalid value: 1.5: x in body should be less than 1.5'],
    ],
    ['multiple', { type: 'integer', multipleOf: 2 }, 3, ['x: Invalid value: 3: x in body should be a multiple of 2']],
    [
      'int32 range',
      { type: 'integer', format: 'int32' },
      2 ** 31,
      ['x: Invalid value: 2147483648: Checked value must be of type integer with format int32 in x'],
    ],
    [
      'minLength counts code points',
      { type: 'string', minLength: 2 },
      '😀',
      ['x: Invalid value: "😀": x in body should be at least 2 chars long'],
    ],
    ['maxLength counts code points', { type: 'string', maxLength: 1 }, '😀', []],
    ['maxLength', { type: 'string', maxLength: 1 }, 'ab', ['x: Too long: may not be more than 1 byte']],
    ['pattern', { type: 'string', pattern: '^a+$' }, 'b', ['x: Invalid value: "b": x in body should match \'^a+$\'']],
    ['pattern in Go syntax', { type: 'string', pattern: '(?i)^A\\z' }, 'a', []],
    [
      'format',
      { type: 'string', format: 'ipv4' },
      '1.2.3',
      ['x: Invalid value: "1.2.3": x in body must be of type ipv4: "1.2.3"'],
    ],
    ['unknown format', { type: 'string', format: 'nothing' }, '1.2.3', []],
    ['minItems', { type: 'array', minItems: 1 }, [], ['x: Invalid value: 0: x in body should have at least 1 items']],
    ['maxItems', { type: 'array', maxItems: 1 }, [1, 2], ['x: Too many: 2: must have at most 1 item']],
    [
      'uniqueItems',
      { type: 'array', uniqueItems: true },
      [{ a: 1 }, { a: 1 }],
      ['x: Invalid value: "": x in body shouldn\'t contain duplicates'],
    ],
    [
      'item',
      { type: 'array', items: { type: 'string' } },
      ['a', 1],
      ['x[1]: Invalid value: "integer": x[1] in body must be of type string: "integer"'],
    ],
    ['required', { type: 'object', required: ['a'] }, {}, ['x.a: Required value']],
    [
      'minProperties',
      { type: 'object', minProperties: 1 },
      {},
      ['x: Invalid value: 0: x in body should have at least 1 properties'],
    ],
    [
      'maxProperties',
      { type: 'object', maxProperties: 1 },
      { a: 1, b: 1 },
      ['x: Too many: 2: must have at most 1 item'],
    ],
    [
      'map value',
      { type: 'object', additionalProperties: { type: 'integer' } },
      { 'a/b': 's' },
      ['x.a/b: Invalid value: "string": x.a/b in body must be of type integer: "string"'],
    ],
    [
      'forbidden key',
      { type: 'object', additionalProperties: false },
      { a: 1 },
      ['x: Invalid value: "a": x.a in body is a forbidden property'],
    ],
    ['not', { not: { type: 'string' } }, 'a', ['<nil>: Invalid value: "": "x" must not validate the schema (not)']],
    ['anyOf', { anyOf: [{ type: 'string' }, { type: 'integer' }] }, 1, []],
    [
      'anyOf, none',
      {
        anyOf: [
          { type: 'object', required: ['a'] },
          { type: 'object', required: ['b'] },
        ],
      },
      {},
      ['<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)', 'x.a: Required value'],
    ],
    [
      'oneOf, two',
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      ['<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'oneOf, none',
      { oneOf: [{ minimum: 1 }] },
      0,
      [
        '<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found none valid',
        'x: Invalid value: 0: x in body should be greater than or equal to 1',
      ],
    ],
    [
      'allOf',
      { allOf: [{ minimum: 1 }, { maximum: 5 }] },
      6,
      [
        'x: Invalid value: 6: x in body should be less than or equal to 5',
        '<nil>: Invalid value: "": "x" must validate all the schemas (allOf)',
      ],
    ],
    ['set', { type: 'array', 'x-kubernetes-list-type': 'set' }, ['a', 'b', 'a', 'a'], ['x[2]: Duplicate value: "a"']],
    [
      'map list',
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'] },
      [{ n: 'a', v: 1 }, { n: 'a', v: 2 }, {}],
      ['x[1]: Duplicate value: {"n":"a"}'],
    ],
    [
      'map list of scalars',
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'] },
      ['a'],
      ['x[0]: Invalid value: "a": must be an object for an array of list-type map'],
    ],
  ])('%s', (_name, schema, value, expected) => {
    const causes = validateSchema({ x: value }, wrap(schema));
    expect(causes.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected);
  });

  it('names map keys of lists in brackets', () => {
    const list: Schema = { type: 'array', 'x-kubernetes-list-type': 'set' };
    const schema = wrap({ type: 'object', additionalProperties: list });
    expect(validateSchema({ x: { k: [1, 1] } }, schema)).toEqual([
      { reason: 'FieldValueDuplicate', field: 'x[k][1]', message: 'Duplicate value: 1' },
    ]);
  });

  it('tells of a bounded number of problems', () => {
    const schema = wrap({ type: 'array', items: { type: 'string' } });
    expect(validateSchema({ x: new Array(5000).fill(1) }, schema)).toHaveLength(100);
  });

  it('takes keys of the prototype as plain keys', () => {
    const value: unknown = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
    expect(validateSchema(value, { type: 'object', required: ['toString'] })).toHaveLength(1);
    expect(validateSchema(value, wrap({ type: 'string' }))).toEqual([]);
  });

  it('takes linear time for a pattern that backtracks', () => {
    const schema = wrap({ type: 'string', pattern: '^(a+)+$' });
    expect(validateSchema({ x: `${'a'.repeat(5000)}!` }, schema)).toHaveLength(1);
  });

  it.each<[what: string, schema: Schema, old: unknown, value: unknown, problems: string[]]>([
    ['a value that was so', { enum: ['a'] }, 'b', 'b', []],
    ['a value that is another one', { enum: ['a'] }, 'b', 'c', ['x']],
    ['a value that is new', { enum: ['a'] }, undefined, 'b', ['x']],
    ['a missing field', { type: 'object', required: ['a'] }, { b: 1 }, { b: 1 }, []],
    ['a missing field of what has changed', { type: 'object', required: ['a'] }, { b: 1 }, { b: 2 }, ['x.a']],
    [
      'a field of what has changed',
      { type: 'object', properties: { a: { maxLength: 1 } } },
      { a: 'aa' },
      { a: 'aa', b: 1 },
      [],
    ],
    ['a failed alternative', { anyOf: [{ minimum: 5 }], type: 'integer' }, 4, 4, []],
    [
      'an item, wherever it is',
      mapList,
      [{ n: 'a', v: 3 }],
      [
        { n: 'b', v: 1 },
        { n: 'a', v: 3 },
      ],
      [],
    ],
    ['an item with this key', mapList, [{ n: 'a', v: 3 }], [{ n: 'a', v: 4 }], ['x[0].v']],
    ['an item of a list that is no map', { type: 'array', items: { maximum: 2 } }, [3], [3, 1], ['x[0]']],
    ['duplicates', { type: 'array', 'x-kubernetes-list-type': 'set' }, ['a', 'a'], ['b', 'b'], []],
    ['new duplicates', { type: 'array', 'x-kubernetes-list-type': 'set' }, ['a'], ['a', 'a'], ['x[1]']],
  ])('passes over what was so before: %s', (_what, schema, old, value, problems) => {
    const before = old === undefined ? {} : { x: old };
    expect(validateSchema({ x: value, y: 1 }, wrap(schema), '', before).map(({ field }) => field)).toEqual(problems);
  });

  it('never throws', () => {
    const leaf = fc.constantFrom<Schema>(
      { type: 'string', pattern: '^a(b' },
      { type: 'integer', minimum: 1 },
      { enum: [{ a: 1 }] },
      {},
    );
    const level = (child: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> =>
      fc.oneof(
        leaf,
        fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string(), child, { maxKeys: 3 }) }),
        fc.record({ additionalProperties: child, required: fc.array(fc.string(), { maxLength: 2 }) }),
        fc.record({ items: child, uniqueItems: fc.boolean(), 'x-kubernetes-list-type': fc.constantFrom('set', 'map') }),
        fc.record({ anyOf: fc.array(child, { maxLength: 2 }), not: child }),
      );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), level(level(level(leaf))), (value, schema) => {
        expect(Array.isArray(validateSchema(value, schema))).toBe(true);
        expect(validateSchema(value, schema, '', structuredClone(value))).toEqual([]);
      }),
    );
  });
});
