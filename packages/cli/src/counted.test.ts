import { expect, it } from 'vitest';
import { counted } from './counted.js';

it.each([
  [counted(0, 'blob'), '0 blobs'],
  [counted(1, 'blob'), '1 blob'],
  [counted(2, 'blob'), '2 blobs'],
  [counted(1, 'repository', 'repositories'), '1 repository'],
  [counted(7, 'repository', 'repositories'), '7 repositories'],
])('says %s', (actual, expected) => {
  expect(actual).toBe(expected);
});
