import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLabelSelector, LabelSelector, type LabelSelectorObject } from './label-selector.js';
import { SelectorError } from './selector-error.js';

describe('LabelSelector.parse', () => {
  it.each([
    ['', ''],
    ['  ', ''],
    ['a=b', 'a=b'],
    ['a==b', 'a==b'],
    [' a = b , c != d ', 'a=b,c!=d'],
    ['b,!a', '!a,b'],
    ['a in (y, x,x)', 'a in (x,y)'],
    ['a notin (x)', 'a notin (x)'],
    ['a in (,)', 'a in ()'],
    ['a in (,b)', 'a in (,b)'],
    ['a in (b,,c)', 'a in (,b,c)'],
    ['a=', 'a='],
    ['a=,b', 'a=,b'],
    ['in=notin', 'in=notin'],
    ['notin in (in,notin)', 'notin in (in,notin)'],
    ['a>1,b<2', 'a>1,b<2'],
    ['example.com/a_b.c in (x)', 'example.com/a_b.c in (x)'],
  ])('%j prints as %j', (text, printed) => {
    expect(LabelSelector.parse(text).toString()).toBe(printed);
  });

  it.each([
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a!b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=(b)', "unable to parse requirement: found '(', expected: identifier"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b,', "unable to parse requirement: found '', expected: ',', or identifier"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    [
      'a in ()',
      "unable to parse requirement: values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      'a>b',
      `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      '-a=b',
      `unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
    [
      'a=b/c',
      `unable to parse requirement: values[0][a]: Invalid value: "b/c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ])('refuses %j', (text, message) => {
    expect(() => LabelSelector.parse(text)).toThrow(new SelectorError(message));
  });

  it('fails with nothing but SelectorError, and reads what it prints', () => {
    const words = fc.constantFrom(
      'a',
      'b.c/d',
      'in',
      'notin',
      ' ',
      ',',
      '(',
      ')',
      '=',
      '==',
      '!=',
      '!',
      '>',
      '<',
      '1',
      '%',
    );
    fc.assert(
      fc.property(
        fc.array(words).map((parts) => parts.join('')),
        (text) => {
          try {
            const printed = LabelSelector.parse(text).toString();
            expect(LabelSelector.parse(printed).toString()).toBe(printed);
          } catch (error) {
            expect(error).toBeInstanceOf(SelectorError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('LabelSelector.matches', () => {
  const labels = { app: 'web', tier: 'front', n: '10', bad: 'x1' };

  it.each([
    ['', true],
    ['app=web', true],
    ['app==db', false],
    ['app!=db', true],
    ['none!=x', true],
    ['none=x', false],
    ['app in (db,web)', true],
    ['app notin (db)', true],
    ['none notin (db)', true],
    ['app notin (web)', false],
    ['tier', true],
    ['none', false],
    ['!none', true],
    ['!tier', false],
    ['n>9', true],
    ['n>10', false],
    ['n<11', true],
    ['bad>0', false],
    ['none<1', false],
    ['app=web,tier=back', false],
    ['toString', false],
  ])('%j: %j', (text, expected) => {
    expect(LabelSelector.parse(text).matches(labels)).toBe(expected);
  });

  it('compares 64-bit integers exactly', () => {
    const selector = LabelSelector.parse('n>9223372036854775806');
    expect(selector.matches({ n: '9223372036854775807' })).toBe(true);
    expect(selector.matches({ n: '9223372036854775806' })).toBe(false);
    expect(selector.matches({ n: '9223372036854775808' })).toBe(false);
  });
});

describe('LabelSelector.fromObject', () => {
  it.each<[LabelSelectorObject | undefined, string, boolean]>([
    [undefined, '', false],
    [{}, '', true],
    [{ matchLabels: { b: 'c', a: 'x' } }, 'a=x,b=c', true],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }] }, 'a in (x,y)', true],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x'] }] }, 'a notin (x)', false],
    [{ matchExpressions: [{ key: 'z', operator: 'DoesNotExist' }] }, '!z', true],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }], matchLabels: { b: 'd' } }, 'a,b=d', false],
  ])('%j prints as %j and matches: %j', (object, printed, matches) => {
    const selector = LabelSelector.fromObject(object);
    expect(selector.toString()).toBe(printed);
    expect(selector.matches({ a: 'x', b: 'c' })).toBe(matches);
  });

  it('refuses other operators', () => {
    const object = { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] };
    expect(() => LabelSelector.fromObject(object)).toThrow('"Gt" is not a valid label selector operator');
  });
});

describe('checkLabelSelector', () => {
  it('finds nothing wrong with a good one', () => {
    const selector = { matchLabels: { a: '' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] };
    expect(checkLabelSelector(selector, 'spec.selector')).toEqual([]);
  });

  it('names each problem with its field', () => {
    const selector: LabelSelectorObject = {
      matchLabels: { 'a b': '-' },
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'a', operator: 'Exists', values: ['x'] },
        { key: '', operator: 'Is' },
      ],
    };
    expect(checkLabelSelector(selector, 'spec.selector').map(({ field, reason }) => [field, reason])).toEqual([
      ['spec.selector.matchLabels', 'FieldValueInvalid'],
      ['spec.selector.matchLabels', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[0].values', 'FieldValueRequired'],
      ['spec.selector.matchExpressions[1].values', 'FieldValueForbidden'],
      ['spec.selector.matchExpressions[2].operator', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[2].key', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[2].key', 'FieldValueInvalid'],
    ]);
  });
});
