import { expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.js';

const now = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');

it.each([
  ['120', 120],
  [' 0 ', 0],
  ['Wed, 21 Oct 2015 07:29:30 GMT', 90],
  ['Wed, 21 Oct 2015 07:00:00 GMT', 0],
  ['Fri, 21 Oct 2016 07:00:00 GMT', 86_400],
  ['9999999999', 86_400],
  [['5', '6'], 5],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j: %j', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
