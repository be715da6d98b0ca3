import { expect, it } from 'vitest';
import { bodyRange } from './content-range.js';

it.each([
  [200, undefined, '10', { start: 0, size: 10 }],
  [200, undefined, undefined, { start: 0, size: undefined }],
  [200, undefined, 'x', { start: 0, size: undefined }],
  [206, 'bytes 5-9/10', '5', { start: 5, size: 10 }],
  [206, 'bytes 5-9/*', '5', { start: 5, size: undefined }],
  [206, 'bytes 9-5/10', '5', undefined],
  [206, 'bytes 5-10/10', '5', undefined],
  [206, 'bytes */10', '5', undefined],
  [206, 'pages 5-9/10', '5', undefined],
  [206, undefined, '5', undefined],
])('%i, Content-Range %j, Content-Length %j: %j', (status, range, length, expected) => {
  expect(bodyRange(status, { 'content-range': range, 'content-length': length })).toEqual(expected);
});
