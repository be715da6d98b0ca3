import { expect, it } from 'vitest';
import { systemWords } from './system-words.js';

it.each([
  ["ENOENT: no such file or directory, open 'a, b'", 'open a, b: no such file or directory'],
  ['EISDIR: illegal operation on a directory, read', 'read a, b: illegal operation on a directory'],
  ['the stream was destroyed', 'the stream was destroyed'],
])('%j', (message, words) => {
  expect(systemWords(new Error(message), 'a, b')).toBe(words);
});
