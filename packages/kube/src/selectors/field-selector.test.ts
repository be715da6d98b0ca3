import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeValue, FieldSelector } from './field-selector.js';
import { SelectorError } from './selector-error.js';

describe('FieldSelector', () => {
  it.each([
    ['', ''],
    [',', ''],
    ['b=1,a==2', 'a=2,b=1'],
    ['a!=', 'a!='],
    ['a=\\,\\=\\\\', 'a=\\,\\=\\\\'],
    ['metadata.name=web', 'metadata.name=web'],
  ])('%j prints as %j', (text, printed) => {
    expect(FieldSelector.parse(text).toString()).toBe(printed);
  });

  it.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b,c!d', "invalid selector: 'a=b,c!d'; can't understand 'c!d'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('refuses %j', (text, message) => {
    expect(() => FieldSelector.parse(text)).toThrow(new SelectorError(message));
  });

  it.each([
    ['name=web', true],
    ['name!=web', false],
    ['name=web,phase=', true],
    ['phase!=Running', true],
    ['phase=Running', false],
  ])('%j: %j', (text, expected) => {
    const values: Record<string, string> = { name: 'web' };
    expect(FieldSelector.parse(text).matches((field) => values[field] ?? '')).toBe(expected);
  });

  it('knows an exact match', () => {
    const selector = FieldSelector.parse('metadata.name=web,spec.nodeName!=a');
    expect(selector.exactMatch('metadata.name')).toBe('web');
    expect(selector.exactMatch('spec.nodeName')).toBeUndefined();
  });

  it('reads each escaped value back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '=', '\\', '!', ' ') }), (value) => {
        expect(FieldSelector.parse(`f=${escapeValue(value)}`).requirements).toEqual([
          { field: 'f', operator: '=', value },
        ]);
      }),
    );
  });
});
