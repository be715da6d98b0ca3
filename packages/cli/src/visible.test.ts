import fc from 'fast-check';
import { expect, it } from 'vitest';
import { visible } from './visible.js';

it.each([
  ['plain text, with ümlauts and 漢字', 'plain text, with ümlauts and 漢字'],
  ['\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['a\tb\nc', 'a\\u0009b\\u000ac'],
  ['\u202eright to left', '\\u202eright to left'],
])('shows %j', (text, shown) => expect(visible(text)).toBe(shown));

it('leaves nothing that moves a cursor', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/\p{C}/u.test(visible(text))));
});
