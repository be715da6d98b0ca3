import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import type { Schema } from '../schema.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

const byName = (items: Schema): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-patch-strategy': 'merge',
  'x-kubernetes-patch-merge-key': 'name',
});
const strings: Schema = { type: 'array', items: { type: 'string' } };
const env = byName({ type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } });
const schema: Schema = {
  type: 'object',
  properties: {
    list: byName({ type: 'object', properties: { args: strings, env } }),
    set: { ...strings, 'x-kubernetes-patch-strategy': 'merge' },
    atomic: { type: 'array', items: { type: 'object' } },
    strategy: { type: 'object', 'x-kubernetes-patch-strategy': 'retainKeys' },
    whole: { type: 'object', 'x-kubernetes-patch-strategy': 'replace' },
    map: { type: 'object', additionalProperties: env },
  },
};

const named = (...names: string[]) => names.map((name) => ({ name }));
const apply = (object: JsonObject, patch: unknown) => applyStrategicMergePatch(object, patch, schema);

describe('applyStrategicMergePatch', () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['merges objects', { a: { b: 1, c: 2 } }, { a: { b: 3, c: null } }, { a: { b: 3 } }],
    ['leaves out nulls', {}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    ['changes the type', { a: { b: 1 } }, { a: 'x' }, { a: 'x' }],
    ['deletes a field', { list: named('a'), b: 1 }, { list: null }, { b: 1 }],
    [
      'merges items by key',
      {
        list: [
          { name: 'a', x: 1 },
          { name: 'b', x: 1 },
        ],
      },
      { list: [{ name: 'b', x: 2 }] },
      {
        list: [
          { name: 'a', x: 1 },
          { name: 'b', x: 2 },
        ],
      },
    ],
    ['puts new items first', { list: named('a', 'b') }, { list: named('c') }, { list: named('c', 'a', 'b') }],
    ['orders as the patch', { list: named('a', 'b', 'c') }, { list: named('c', 'a') }, { list: named('b', 'c', 'a') }],
    ['deletes an item', { list: named('a', 'b') }, { list: [{ name: 'a', $patch: 'delete' }] }, { list: named('b') }],
    ['deletes from nothing', {}, { list: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] }, { list: named('b') }],
    [
      'replaces a list',
      { list: named('a', 'b') },
      { list: [{ $patch: 'replace' }, { name: 'c' }] },
      { list: named('c') },
    ],
    ['replaces an object', { a: { b: 1 } }, { a: { $patch: 'replace', c: 2 } }, { a: { c: 2 } }],
    ['empties an object', { a: { b: 1 } }, { a: { $patch: 'delete' } }, { a: {} }],
    ['replaces by strategy', { whole: { a: 1 } }, { whole: { b: 2 } }, { whole: { b: 2 } }],
    ['replaces atomic lists', { atomic: [{ a: 1 }] }, { atomic: [{ b: 1, c: null }] }, { atomic: [{ b: 1 }] }],
    ['adds to a set', { set: ['a', 'b'] }, { set: ['c', 'a'] }, { set: ['c', 'a', 'b'] }],
    ['deletes from a set', { set: ['a', 'b'] }, { '$deleteFromPrimitiveList/set': ['a', 'x'] }, { set: ['b'] }],
    ['deletes from no set', { b: 1 }, { '$deleteFromPrimitiveList/set': ['a'] }, { b: 1 }],
    [
      'sets the order',
      { list: named('a', 'b', 'c') },
      { '$setElementOrder/list': named('c', 'd', 'a'), list: [{ name: 'd' }] },
      { list: named('b', 'c', 'd', 'a') },
    ],
    ['sets the order only', { set: ['a', 'b', 'c'] }, { '$setElementOrder/set': ['c', 'a'] }, { set: ['b', 'c', 'a'] }],
    [
      'deletes while it sets the order',
      { list: named('a', 'b', 'c') },
      { '$setElementOrder/list': named('c', 'a'), list: [{ name: 'b', $patch: 'delete' }] },
      { list: named('c', 'a') },
    ],
    [
      'retains keys',
      { strategy: { type: 'Rolling', rolling: { max: 1 } } },
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'goes through maps and items',
      { map: { x: [{ name: 'a', value: '1' }] }, list: [{ name: 'i', args: ['1'], env: [{ name: 'a', value: '1' }] }] },
      { map: { x: [{ name: 'a', value: '2' }] }, list: [{ name: 'i', args: ['2'], env: [{ name: 'a', value: '2' }] }] },
      { map: { x: [{ name: 'a', value: '2' }] }, list: [{ name: 'i', args: ['2'], env: [{ name: 'a', value: '2' }] }] },
    ],
    [
      'merges finalizers and owners of every kind',
      { metadata: { finalizers: ['a'], ownerReferences: [{ uid: '1', name: 'x' }], labels: { a: 'b' } } },
      { metadata: { finalizers: ['b'], ownerReferences: [{ uid: '1', controller: true }], labels: { c: 'd' } } },
      {
        metadata: {
          finalizers: ['b', 'a'],
          ownerReferences: [{ uid: '1', name: 'x', controller: true }],
          labels: { a: 'b', c: 'd' },
        },
      },
    ],
  ])('%s', (_, object, patch, expected) => {
    const before = structuredClone(object);
    const result = apply(object, patch);
    expect(result).toEqual(expected);
    expect(object).toEqual(before);
    expect(apply(result, patch)).toEqual(result);
  });

  it.each<[string, JsonObject, unknown, string]>([
    ['no object', {}, [], 'BadRequest'],
    ['an item without key', { list: named('a') }, { list: [{ x: 1 }] }, 'BadRequest'],
    ['a deletion without key', { list: named('a') }, { list: [{ $patch: 'delete' }] }, 'BadRequest'],
    ['an unknown directive', {}, { a: { $patch: 'merge' } }, 'BadRequest'],
    ['an unknown directive in a list', {}, { list: [{ name: 'a', $patch: 'x' }] }, 'BadRequest'],
    ['a list merge directive', {}, { list: [{ name: 'a', $patch: 'merge' }] }, 'BadRequest'],
    ['mixed items', {}, { list: [{ name: 'a' }, 'b'] }, 'BadRequest'],
    ['keys that are not retained', {}, { strategy: { $retainKeys: ['a'], b: 1 } }, 'BadRequest'],
    ['a scalar order', { set: ['a'] }, { '$setElementOrder/set': 'a' }, 'BadRequest'],
    ['an order without an item', {}, { '$setElementOrder/set': ['a'], set: ['b'] }, 'Invalid'],
    ['another order', {}, { '$setElementOrder/set': ['a', 'b'], set: ['b', 'a'] }, 'Invalid'],
  ])('refuses %s', (_, object, patch, reason) => {
    expect(() => apply(object, patch)).toThrow(expect.objectContaining({ reason }) as Error);
  });

  it('refuses kinds without a schema', () => {
    expect(() => applyStrategicMergePatch({}, {}, undefined)).toThrow(
      expect.objectContaining({ reason: 'UnsupportedMediaType' }) as Error,
    );
  });

  it('keeps each item once, in the order of the patch, whatever comes', () => {
    const names: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(names, names, (server, wanted) => {
        const patch = { list: named(...wanted) };
        const merged = apply({ list: named(...server) }, patch)['list'] as { name: string }[];
        const order = merged.map(({ name }) => name);
        expect([...order].sort()).toEqual([...new Set([...server, ...wanted])].sort());
        expect(order.filter((name) => wanted.includes(name))).toEqual(wanted);
        const others = server.filter((name) => !wanted.includes(name));
        expect(order.filter((name) => others.includes(name))).toEqual(others);
        expect(apply({ list: merged }, patch)).toEqual({ list: merged });
      }),
    );
  });
});
