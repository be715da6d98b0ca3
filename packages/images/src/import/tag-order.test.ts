import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderTags } from './tag-order.js';

describe('orderTags', () => {
  it.each([
    ['the groups', ['zeta', '1.2.3', '1.2', 'latest', 'alpha'], ['latest', '1.2', '1.2.3', 'alpha', 'zeta']],
    ['versions as numbers', ['1.9', '1.10', '1.2.9', '1.2.10'], ['1.10', '1.9', '1.2.10', '1.2.9']],
    ['a leading v as nothing', ['v1.9', '1.10', 'v2.0.0', '1.0.0'], ['1.10', 'v1.9', 'v2.0.0', '1.0.0']],
    ['a release before its candidates', ['1.0.0-rc.1', '1.0.0', '1.0.0-rc.2'], ['1.0.0', '1.0.0-rc.2', '1.0.0-rc.1']],
    ['what is no version behind', ['1', '01.2', 'v', '1.2.3.4', '2.0'], ['2.0', '01.2', '1', '1.2.3.4', 'v']],
    ['nothing', [], []],
  ])('orders %s', (_what, tags, ordered) => {
    expect(orderTags(tags)).toEqual(ordered);
  });

  it('keeps each tag, in an order that does not depend on the one given', () => {
    const tag = fc.oneof(
      fc.constantFrom('latest', '1.0', 'v1.0', '1.0.0', 'v1.0.0'),
      fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/),
    );
    fc.assert(
      fc.property(fc.uniqueArray(tag), (tags) => {
        const ordered = orderTags(tags);
        expect([...ordered].sort()).toEqual([...tags].sort());
        expect(orderTags([...tags].reverse())).toEqual(ordered);
      }),
    );
  });
});
