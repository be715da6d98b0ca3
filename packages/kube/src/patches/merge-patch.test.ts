import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import { applyMergePatch, createMergePatch } from './merge-patch.js';

describe('applyMergePatch', () => {
  // RFC 7386, appendix A, as far as documents are objects.
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j', (document, patch, expected) => {
    expect(applyMergePatch(document, patch)).toEqual(expected);
  });

  it.each([[null], [[]], ['x'], [1]])('refuses %j', (patch) => {
    expect(() => applyMergePatch({}, patch)).toThrow(expect.objectContaining({ reason: 'BadRequest' }) as Error);
  });

  it('refuses what is too deep', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    expect(() => applyMergePatch({}, deep)).toThrow('nested more than 1000 levels');
  });

  it('takes __proto__ for a key', () => {
    const patched = applyMergePatch({}, JSON.parse('{"__proto__":{"x":1}}'));
    expect(JSON.stringify(patched)).toBe('{"__proto__":{"x":1}}');
    expect(({} as JsonObject)['x']).toBeUndefined();
  });
});

describe('createMergePatch', () => {
  const { object } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ max: 3, min: 0 }),
      fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
  }));
  const objects = object as fc.Arbitrary<JsonObject>;

  it('makes the one out of the other, and changes nothing the second time', () => {
    fc.assert(
      fc.property(objects, objects, (from, to) => {
        const patch = createMergePatch(from, to);
        const patched = applyMergePatch(from, patch);
        expect(JSON.parse(JSON.stringify(patched))).toEqual(JSON.parse(JSON.stringify(to)));
        expect(applyMergePatch(patched, patch)).toEqual(patched);
      }),
    );
  });

  it('is empty for the same', () => {
    fc.assert(
      fc.property(objects, (value) => {
        expect(createMergePatch(value, structuredClone(value))).toEqual({});
      }),
    );
  });
});
