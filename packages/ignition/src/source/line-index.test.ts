import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineIndex } from './line-index.js';

it('counts lines and characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', '한', '😀') }), fc.nat(40), (text, wanted) => {
      // An offset never points into a character.
      const offset = [...text].slice(0, wanted).join('').length;
      const before = text.slice(0, offset).split('\n');
      expect(new LineIndex(text).position(offset)).toEqual({
        line: before.length,
        column: [...(before.at(-1) ?? '')].length + 1,
      });
    }),
  );
});

it('takes what is beyond the text as its end', () => {
  expect(new LineIndex('a\nbc').position(100)).toEqual({ line: 2, column: 3 });
});

it('counts bytes when it is asked to', () => {
  const text = 'aé한😀b\né!';
  const lines = new LineIndex(text, 'bytes');
  for (const [at, character] of [...text].entries()) {
    const offset = [...text].slice(0, at).join('').length;
    const start = text.lastIndexOf('\n', offset - 1) + 1;
    expect([character, lines.position(offset).column]).toEqual([
      character,
      Buffer.byteLength(text.slice(start, offset)) + 1,
    ]);
  }
});
