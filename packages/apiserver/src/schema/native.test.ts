import { describe, expect, it } from 'vitest';
import { int32, listOf, mapOf, object, string, strings } from './builder.js';
import { validateNative } from './native.js';

const part = object('', {
  name: string('').required(),
  kind: string('').values('A', 'B'),
  count: int32('').atLeast(0),
});
const { schema } = object('', {
  spec: object('', { parts: listOf(part, '').required(), byKey: mapOf(part, ''), words: strings('') }),
});

describe('validateNative', () => {
  it.each<[object, string[]]>([
    [{}, []],
    [{ spec: { parts: [{ name: 'a', kind: 'A', count: 0 }] } }, []],
    [{ spec: {} }, ['spec.parts: Required value']],
    [{ spec: { parts: [] } }, ['spec.parts: Required value']],
    [{ spec: { parts: [{ name: '' }] } }, ['spec.parts[0].name: Required value']],
    [
      { spec: { parts: [{ name: 'a', kind: 'C' }] } },
      ['spec.parts[0].kind: Unsupported value: "C": supported values: "A", "B"'],
    ],
    [{ spec: { parts: [{ name: 'a', kind: '' }] } }, []],
    [
      { spec: { parts: [{ name: 'a', count: -1 }] } },
      ['spec.parts[0].count: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [{ spec: { parts: [{ name: 'a' }], byKey: { k: {} } } }, ['spec.byKey[k].name: Required value']],
  ])('%j', (value, expected) => {
    expect(validateNative(value, schema).map(({ field, message }) => `${field}: ${message}`)).toEqual(expected);
  });

  it('tells of a hundred problems', () => {
    const parts = Array.from({ length: 1000 }, () => ({ kind: 'C' }));
    expect(validateNative({ spec: { parts } }, schema)).toHaveLength(100);
  });

  // Nothing stored is invalid; here it is, so that one sees what is not looked at.
  const bad = { name: '' };
  const stored = { spec: { parts: [bad, { name: 'a' }], byKey: { k: bad } } };
  const { parts, byKey } = stored.spec;
  it.each<[what: string, value: object, expected: string[]]>([
    ['all', stored, []],
    ['its parts', { spec: { parts, byKey } }, []],
    ['items that have moved', { spec: { parts: [{ name: 'new' }, ...parts] } }, []],
    ['one value of a map', { spec: { parts, byKey: { k: bad, l: { name: '' } } } }, ['spec.byKey[l].name']],
    ['a value under another key', { spec: { parts, byKey: { l: bad } } }, ['spec.byKey[l].name']],
    ['nothing', structuredClone(stored), ['spec.parts[0].name', 'spec.byKey[k].name']],
    ['nothing but a list', { spec: { parts, byKey: { k: { ...bad } } } }, ['spec.byKey[k].name']],
    ['an item that is a new one', { spec: { parts: [bad, { name: '' }] } }, ['spec.parts[1].name']],
  ])('passes over what is stored: %s', (_what, value, expected) => {
    expect(validateNative(value, schema, stored).map(({ field }) => field)).toEqual(expected);
  });
});
