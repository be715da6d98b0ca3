import { expect, it } from 'vitest';
import { wantsColor } from './color.js';

it.each([
  ['auto', undefined, true, true],
  ['auto', undefined, false, false],
  ['auto', '', true, false],
  ['always', '1', false, true],
  ['yes', undefined, false, true],
  ['never', undefined, true, false],
  ['maybe', undefined, true, false],
])('%s with NO_COLOR %j, on a terminal %s: %s', (when, NO_COLOR, isTerminal, expected) => {
  expect(wantsColor(when, { NO_COLOR, isTerminal })).toBe(expected);
});
