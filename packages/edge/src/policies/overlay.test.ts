import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import { isPlaceholder, layOver } from './overlay.js';
import { PolicyError } from './policy-error.js';

const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
const scalar: fc.Arbitrary<Value> = fc.constantFrom<Value>('x', 'y', '', '$mcp', 1, 2, true, false, null);
const map: fc.Memo<Fields> = fc.memo((depth) =>
  fc.array(fc.tuple(key, value(depth)), { maxLength: 4 }).map((entries) => fields(entries)),
);
const value: fc.Memo<Value> = fc.memo((depth) =>
  depth <= 1
    ? scalar
    : fc.oneof(scalar, map(depth - 1), fc.array(scalar, { maxLength: 3 }), fc.array(map(depth - 1), { maxLength: 3 })),
);

/** Undefined when the two do not fit, which is an error of its own. */
function laid(source: Fields, overlay: Fields): Fields | undefined {
  try {
    return layOver(source, overlay, []);
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return undefined;
  }
}

const copy = (written: Value) => structuredClone(written);

describe('layOver', () => {
  it('changes neither source nor overlay', () => {
    fc.assert(
      fc.property(map(4), map(4), (source, overlay) => {
        const before = [copy(source), copy(overlay)];
        laid(source, overlay);
        expect([copy(source), copy(overlay)]).toEqual(before);
      }),
    );
  });

  it('has each scalar of the overlay, and of the source what is not in the overlay', () => {
    fc.assert(
      fc.property(map(4), map(4), (source, overlay) => {
        const merged = laid(source, overlay);
        if (merged === undefined) return;
        for (const name of Object.keys({ ...source, ...overlay })) {
          const [base, over] = [source[name] ?? null, overlay[name] ?? null];
          const found = merged[name] ?? null;
          if (over !== null && !isFields(over) && !Array.isArray(over)) expect(found).toEqual(over);
          else if (over === null) expect(found).toEqual(isPlaceholder(base) ? null : base);
          else if (Array.isArray(over) && Array.isArray(base) && isFields(base[0])) {
            expect((found as Value[]).length).toBe(Math.max(base.length, over.length));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a source without placeholders as it is, without an overlay', () => {
    fc.assert(
      fc.property(map(4), (source) => {
        const kept = fields(Object.entries(source).filter(([, item]) => !isPlaceholder(item)));
        expect(layOver(source, undefined, [])).toEqual(kept);
        expect(layOver(kept, fields(), [])).toEqual(kept);
      }),
    );
  });

  it('lays the same over once more without a change', () => {
    fc.assert(
      fc.property(map(4), map(4), (source, overlay) => {
        const once = laid(source, overlay);
        const twice = once && laid(once, overlay);
        if (twice !== undefined) expect(twice).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Fields, Fields, Fields]>([
    [
      'merges maps',
      fields([
        [
          'm',
          fields([
            ['a', 1],
            ['b', 2],
          ]),
        ],
      ]),
      fields([
        [
          'm',
          fields([
            ['b', 3],
            ['c', 4],
          ]),
        ],
      ]),
      fields([
        [
          'm',
          fields([
            ['a', 1],
            ['b', 3],
            ['c', 4],
          ]),
        ],
      ]),
    ],
    [
      'merges lists of maps by index and appends',
      fields([
        [
          'l',
          [
            fields([
              ['a', 1],
              ['b', 2],
            ]),
          ],
        ],
      ]),
      fields([['l', [fields([['b', 3]]), fields([['c', 4]])]]]),
      fields([
        [
          'l',
          [
            fields([
              ['a', 1],
              ['b', 3],
            ]),
            fields([['c', 4]]),
          ],
        ],
      ]),
    ],
    ['replaces other lists', fields([['l', [1, 2]]]), fields([['l', [3]]]), fields([['l', [3]]])],
    [
      'keeps placeholders of maps that are not visited',
      fields([['m', fields([['a', '$mcp']])]]),
      fields(),
      fields([['m', fields([['a', '$mcp']])]]),
    ],
    [
      'drops placeholders of maps that are',
      fields([
        [
          'm',
          fields([
            ['a', '$mcp'],
            ['b', 1],
          ]),
        ],
      ]),
      fields([['m', fields([['b', 2]])]]),
      fields([['m', fields([['b', 2]])]]),
    ],
    ['does not delete by null', fields([['a', 1]]), fields([['a', null]]), fields([['a', 1]])],
  ])('%s', (_, source, overlay, expected) => {
    expect(layOver(source, overlay, [])).toEqual(expected);
  });

  it.each<[string, Value, Value]>([
    ['a map', fields([['a', 1]]), 'text'],
    ['a list of maps', [fields([['a', 1]])], fields()],
    ['an item of a list', [fields([['a', 1]])], ['text']],
  ])('refuses other values for %s', (_, base, over) => {
    expect(() => layOver(fields([['x', base]]), fields([['x', over]]), ['spec'])).toThrow(PolicyError);
  });
});
