import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectJson, MAX_BODY_DEPTH } from './json-text.js';

describe('inspectJson', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":[{"c":1,"c":2}]}}', ['a.b[0].c']],
    ['{"a":[1,{"x":{}},{"y":1,"z":2,"y":3}]}', ['a[2].y']],
    ['{"a":"b","b":"a"}', []],
    ['{"a":"\\"a\\":1","b":{"a":1}}', []],
    ['{"\\u0061":1,"a":2}', ['a']],
    ['{ "a" : { } , "a" : [ ] }', ['a']],
    ['["a","a"]', []],
    ['{"a":["x","x"],"b":{"a":1}}', []],
    ['{"a\\\\":1,"a\\\\":2}', ['a\\']],
  ])('finds in %s the duplicates %j', (text, duplicates) => {
    expect(inspectJson(text)).toEqual({ duplicates, isTooDeep: false });
  });

  it('finds no duplicates in what was written from a value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(inspectJson(JSON.stringify(value, null, 1)).duplicates).toEqual([]);
      }),
    );
  });

  it('finds each key that is written twice', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue({ maxDepth: 3 }), (key, value) => {
        const member = `${JSON.stringify(key)}:${JSON.stringify(value)}`;
        expect(inspectJson(`{"list":[{${member},${member}}]}`).duplicates).toHaveLength(1);
      }),
    );
  });

  it('tells what is too deep', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(inspectJson(nested(MAX_BODY_DEPTH)).isTooDeep).toBe(false);
    expect(inspectJson(nested(MAX_BODY_DEPTH + 1)).isTooDeep).toBe(true);
  });
});
