import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from './input-text.js';
import { deepestNode, nodeAt } from './source-node.js';
import { readYaml } from './yaml-reader.js';

const TEXT = `# a comment
storage:
  files:
    - &base
      path: /etc/a
      mode: 0644 # octal
    - {path: "/etc/b", mode: 420}
  disks: *base
empty:
text: |
  one
  two
`;

/** Line and column of the deepest node on a path. */
function placeOf(path: (string | number)[], text = TEXT): [number, number] {
  const { root, lines } = readYaml(text);
  if (!root) throw new Error('the document is empty');
  const { line, column } = lines.position(deepestNode(root, path).offset);
  return [line, column];
}

describe('readYaml', () => {
  it.each<[(string | number)[], [number, number]]>([
    [[], [2, 1]],
    [['storage'], [3, 3]],
    [
      ['storage', 'files'],
      [4, 5],
    ],
    [
      ['storage', 'files', 0],
      [4, 7],
    ],
    [
      ['storage', 'files', 0, 'mode'],
      [6, 13],
    ],
    [
      ['storage', 'files', 1],
      [7, 7],
    ],
    [
      ['storage', 'files', 1, 'path'],
      [7, 14],
    ],
    [
      ['storage', 'files', 1, 'user', 'id'],
      [7, 7],
    ],
    [
      ['storage', 'disks'],
      [8, 10],
    ],
    [
      ['storage', 'disks', 'path'],
      [8, 10],
    ],
    [['empty'], [9, 7]],
    [['text'], [10, 7]],
  ])('knows the place of %j', (path, place) => {
    expect(placeOf(path)).toEqual(place);
  });

  it('counts characters, not bytes or UTF-16 units', () => {
    expect(placeOf(['b'], '{a: "한😀", b: 1}')).toEqual([1, 14]);
  });

  it('counts lines of CRLF texts', () => {
    expect(placeOf(['b'], 'a: 1\r\nb: 2\r\n')).toEqual([2, 4]);
  });

  it('reads JSON, and only the first document', () => {
    const { root } = readYaml('{"a": [1, true]}\n---\nb: [\n');
    expect(root && nodeAt(root, ['a', 1])).toMatchObject({ kind: 'scalar', value: 'true', plain: true });
  });

  it('joins the halves of a character that JSON escapes', () => {
    const { root } = readYaml(String.raw`{"a": "\ud83d\ude00"}`);
    expect(root && nodeAt(root, ['a'])).toMatchObject({ value: '😀' });
  });

  it.each(['', '# nothing\n', '---\n'])('finds nothing in %j', (text) => {
    expect(readYaml(text).root).toBeUndefined();
  });

  it.each([
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context', 1, 4],
    ['x: 1\na: [1, 2\n', "yaml: line 1: did not find expected ',' or ']'", 3, 1],
    ['x: 1\na: {b: 1\n', "yaml: line 1: did not find expected ',' or '}'", 3, 1],
    ['x: 1\na: "b\n', 'yaml: line 2: found unexpected end of stream', 3, 1],
    ['x: 1\na:\n\tb: 1\n', 'yaml: line 3: found character that cannot start any token', 3, 1],
    ['x: 1\na: @b\n', 'yaml: line 2: found character that cannot start any token', 2, 4],
    ['x: 1\nfoo\nb: 1\n', "yaml: line 2: could not find expected ':'", 2, 1],
    ['x: 1\na:\n  - b\n  c: d\n', "yaml: line 2: did not find expected '-' indicator", 4, 1],
    ['x: 1\na:\n  b: c\n  - d\n', 'yaml: line 2: did not find expected key', 4, 1],
    ['x: 1\na: |x\n  b\n', 'yaml: line 2: did not find expected comment or line break', 2, 5],
    ['x: 1\na: }\n', 'yaml: line 1: did not find expected node content', 2, 4],
    ['x: "\\q"\n', 'yaml: found unknown escape character', 1, 5],
    ['x: 1\na: *b\n', "yaml: unknown anchor 'b' referenced", 2, 4],
    ['a: &a [*a]\n', "yaml: anchor 'a' value contains itself", 1, 8],
    [String.raw`a: "\ud83d"`, 'yaml: found invalid Unicode character escape code', 1, 4],
    ['a: \u0001\n', 'yaml: control characters are not allowed', 1, 4],
  ])('tells what is wrong with %j', (text, message, line, column) => {
    expect(() => readYaml(text)).toThrow(
      expect.objectContaining({ code: 'yaml-syntax', message, position: { line, column } }) as Error,
    );
  });

  it.each([
    ['flow', `a: ${'['.repeat(5000)}`],
    ['block', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}-\n`).join('')],
  ])('refuses %s collections nested too deeply', (_, text) => {
    expect(() => readYaml(text)).toThrow(expect.objectContaining({ code: 'input-too-large' }) as Error);
  });

  it('refuses a text of too many tokens', () => {
    const text = `a: [${'1,'.repeat(600_000)}]`;
    expect(() => readYaml(text)).toThrow(expect.objectContaining({ code: 'input-too-large' }) as Error);
  });

  it('never throws anything but an InputError', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '|',
      '>',
      '&a ',
      '*a',
      '#',
      '? ',
      '!t ',
      '---\n',
      '\t',
      '%',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          readYaml(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
