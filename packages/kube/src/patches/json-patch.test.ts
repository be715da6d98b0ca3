import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json.js';
import { escapePointerPart } from './json-pointer.js';
import { applyJsonPatch, MAX_JSON_PATCH_OPERATIONS, parseJsonPatch } from './json-patch.js';

const apply = (document: JsonObject, operations: unknown) => applyJsonPatch(document, parseJsonPatch(operations));

describe('applyJsonPatch', () => {
  it.each<[string, JsonObject, unknown, JsonObject]>([
    ['adds a key', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds over a key', { a: 1 }, [{ op: 'add', path: '/a', value: null }], { a: null }],
    ['adds to a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['adds at the end', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['adds at the end by number', { a: [1] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2] }],
    ['adds counting from the end', { a: [1, 2] }, [{ op: 'add', path: '/a/-1', value: 3 }], { a: [1, 2, 3] }],
    ['replaces the document', { a: 1 }, [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
    ['replaces', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 3 }], { a: [3, 2] }],
    ['replaces the last', { a: [1, 2] }, [{ op: 'replace', path: '/a/-1', value: 3 }], { a: [1, 3] }],
    ['removes', { a: { b: 1, c: 2 } }, [{ op: 'remove', path: '/a/b' }], { a: { c: 2 } }],
    ['removes from a list', { a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    ['moves', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['copies', { a: { b: [1] } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: [1] }, c: { b: [1] } }],
    ['reads escapes', { 'a/b': { '~1': 1 } }, [{ op: 'remove', path: '/a~1b/~01' }], { 'a/b': {} }],
    ['tests', { a: { b: 1, c: 2 } }, [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }], { a: { b: 1, c: 2 } }],
    ['tests that a key is missing', { a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  ])('%s', (_, document, patch, expected) => {
    const before = structuredClone(document);
    expect(apply(document, patch)).toEqual(expected);
    expect(document).toEqual(before);
  });

  it.each<[JsonObject, unknown]>([
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 2 }]],
    [{ a: 1 }, [{ op: 'remove', path: '/b' }]],
    [{ a: 1 }, [{ op: 'replace', path: '/b', value: 1 }]],
    [{ a: 1 }, [{ op: 'add', path: '/b/c', value: 1 }]],
    [{ a: 1 }, [{ op: 'add', path: '/a/c', value: 1 }]],
    [{ a: [] }, [{ op: 'add', path: '/a/1', value: 1 }]],
    [{ a: [1] }, [{ op: 'replace', path: '/a/-', value: 1 }]],
    [{ a: [1] }, [{ op: 'remove', path: '/a/01' }]],
    [{ a: { b: {} } }, [{ op: 'move', from: '/a', path: '/a/b/c' }]],
    [{ a: 1 }, [{ op: 'remove', path: '' }]],
    [{ a: 1 }, [{ op: 'replace', path: '', value: [] }]],
    [{}, [{ op: 'replace', path: '/toString', value: 1 }]],
    [{}, [{ op: 'add', path: '/constructor/prototype/x', value: 1 }]],
  ])('does not apply to %j: %j', (document, patch) => {
    expect(() => apply(document, patch)).toThrow(
      expect.objectContaining({
        reason: 'Invalid',
        httpStatus: 422,
        message: 'the server rejected our request due to an error in our request',
      }) as Error,
    );
  });

  it.each([
    [{}],
    [[1]],
    [[{ op: 'set', path: '/a' }]],
    [[{ op: 'add', path: '/a' }]],
    [[{ op: 'add', value: 1 }]],
    [[{ op: 'copy', path: '/a' }]],
    [[{ op: 'remove', path: 'a' }]],
  ])('is malformed: %j', (patch) => {
    expect(() => apply({ a: 1 }, patch)).toThrow(expect.objectContaining({ reason: 'BadRequest' }) as Error);
  });

  it('bounds the number of operations', () => {
    const patch = Array.from({ length: MAX_JSON_PATCH_OPERATIONS + 1 }, () => ({
      op: 'test',
      path: '/b',
      value: null,
    }));
    expect(() => parseJsonPatch(patch)).toThrow('The allowed maximum operations in a JSON patch is 10000, got 10001');
    expect(apply({ a: 1 }, patch.slice(1))).toEqual({ a: 1 });
  });

  it('bounds what copies add', () => {
    const patch = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(() => apply({ a: ['x'] }, patch)).toThrow(expect.objectContaining({ reason: 'Invalid' }) as Error);
  });

  it('bounds what is pushed aside in long lists', () => {
    const items = Array.from({ length: 100_000 }, () => 1);
    const patch = Array.from({ length: 1000 }, () => ({ op: 'add', path: '/a/0', value: 1 }));
    expect(() => apply({ a: items }, patch)).toThrow(expect.objectContaining({ reason: 'Invalid' }) as Error);
    expect(apply({ a: items }, patch.slice(0, 10))['a']).toHaveLength(100_010);
  });

  it('bounds the depth', () => {
    const step = JSON.parse(`${'{"a":'.repeat(600)}{}${'}'.repeat(600)}`) as JsonValue;
    const patch = [
      { op: 'add', path: '/a', value: step },
      { op: 'add', path: '/a'.repeat(601) + '/b', value: step },
    ];
    expect(() => apply({}, patch)).toThrow(expect.objectContaining({ reason: 'BadRequest' }) as Error);
  });

  it('takes __proto__ for a key', () => {
    const result = apply({}, JSON.parse('[{"op":"add","path":"/__proto__","value":{"x":1}}]'));
    expect(JSON.stringify(result)).toBe('{"__proto__":{"x":1}}');
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it('puts back what it took out', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (rest, key, value) => {
        const path = `/${escapePointerPart(key)}`;
        const document = { ...rest, [key]: value } as JsonObject;
        const patch = [
          { op: 'move', from: path, path: `${path}~0` },
          { op: 'move', from: `${path}~0`, path },
        ];
        const added = apply(document, patch);
        const expected = { ...document };
        delete expected[`${key}~`];
        expect(added).toEqual(expected);
      }),
    );
  });
});
