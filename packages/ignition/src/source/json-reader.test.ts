import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './json-reader.js';
import type { SourceNode } from './source-node.js';

/** What the nodes mean, to compare with the language's own parser. */
function valueOf(node: SourceNode): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map(({ name, value }) => [name, valueOf(value)]));
    case 'list':
      return node.items.map(valueOf);
    case 'scalar':
      return node.plain ? JSON.parse(node.value) : node.value;
    case 'alias':
      throw new Error('JSON has no aliases');
  }
}

describe('readJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t'), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        expect(JSON.stringify(valueOf(readJson(text).root))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      'a',
      '1',
      '-',
      '.',
      'e',
      'true',
      'null',
      ' ',
      '\\u00',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (valid) readJson(text);
        else expect(() => readJson(text)).toThrow(expect.objectContaining({ code: 'json-syntax' }) as Error);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{not json', "invalid character 'n' looking for beginning of object key string", 1, 3],
    ['{"a":', 'unexpected end of JSON input', 1, 6],
    ['{"a"1}', "invalid character '1' after object key", 1, 6],
    ['{"a":1 2}', "invalid character '2' after object key:value pair", 1, 9],
    ['[1 2]', "invalid character '2' after array element", 1, 5],
    ['[1]\n x', "invalid character 'x' after top-level value", 2, 3],
    ['["\n"]', String.raw`invalid character '\n' in string literal`, 2, 1],
    [String.raw`["\x"]`, "invalid character 'x' in string escape code", 1, 5],
    [String.raw`["\u00g"]`, String.raw`invalid character 'g' in \u hexadecimal character escape`, 1, 8],
    ['[-x]', "invalid character 'x' in numeric literal", 1, 4],
    ['[1.x]', "invalid character 'x' after decimal point in numeric literal", 1, 5],
    ['[1ex]', "invalid character 'x' in exponent of numeric literal", 1, 5],
    ['[trux]', "invalid character 'x' in literal true (expecting 'e')", 1, 6],
    ["[']", String.raw`invalid character '\'' looking for beginning of value`, 1, 3],
  ])('tells what is wrong with %j', (text, message, line, column) => {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ message, position: { line, column } }) as Error);
  });

  it.each([
    ['values', `[${'0,'.repeat(1_000_000)}0]`, 'the text has more than 1000000 values'],
    ['levels', '['.repeat(101), 'the text is nested too deeply'],
  ])('refuses a text of too many %s', (_, text, message) => {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ code: 'input-too-large', message }) as Error);
  });
});
