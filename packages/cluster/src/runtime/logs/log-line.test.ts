import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLogLine, LineSplitter, MAX_LINE_BYTES, parseLogLine } from './log-line.js';

/** The lines of an output that comes in these pieces. */
function split(...pieces: (string | Buffer)[]): { text: string; isWhole: boolean }[] {
  const splitter = new LineSplitter();
  const lines = pieces.flatMap((piece) => splitter.push(Buffer.from(piece)));
  return [...lines, ...splitter.end()].map(({ text, isWhole }) => ({ text: text.toString('latin1'), isWhole }));
}

describe('output', () => {
  it.each<[string, string[], [string, boolean][]]>([
    ['nothing', [], []],
    [
      'lines',
      ['a\nb\n'],
      [
        ['a', true],
        ['b', true],
      ],
    ],
    ['a line in pieces', ['a', 'b', '\n'], [['ab', true]]],
    [
      'empty lines',
      ['\n\n'],
      [
        ['', true],
        ['', true],
      ],
    ],
    [
      'a last line without an end',
      ['a\nb'],
      [
        ['a', true],
        ['b', false],
      ],
    ],
    ['the longest line', [`${'x'.repeat(MAX_LINE_BYTES)}\n`], [['x'.repeat(MAX_LINE_BYTES), true]]],
    [
      'a longer line',
      [`${'x'.repeat(MAX_LINE_BYTES)}y\n`],
      [
        ['x'.repeat(MAX_LINE_BYTES), false],
        ['y', true],
      ],
    ],
  ])('%s', (_what, pieces, expected) => {
    expect(split(...pieces)).toEqual(expected.map(([text, isWhole]) => ({ text, isWhole })));
  });

  it('is the same put together again, however it came', () => {
    const piece = fc.array(fc.constantFrom('a', '\n', 'é', 'x'.repeat(MAX_LINE_BYTES)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.flat().join('');
        const lines = split(...pieces.map((one) => one.join('')));
        const joined = lines.map((line) => (line.isWhole ? `${line.text}\n` : line.text)).join('');
        expect(Buffer.from(joined, 'latin1').toString()).toBe(text);
        expect(lines).toEqual(split(text));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a line of a file', () => {
  it('is read as it was written', () => {
    const line = fc.record({
      time: fc.constant('2030-01-01T00:00:00.123456789Z'),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      isWhole: fc.boolean(),
      text: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
    });
    fc.assert(
      fc.property(line, (written) => {
        const bytes = formatLogLine(written);
        expect(bytes.at(-1)).toBe(10);
        expect(parseLogLine(bytes.subarray(0, -1))).toEqual(written);
      }),
    );
  });

  it.each(['', '2030', '2030 stdout', '2030 stdout F', '2030 stdin F text', '2030 stdout X text'])(
    'is no line: %j',
    (text) => {
      expect(parseLogLine(Buffer.from(text))).toBeUndefined();
    },
  );
});
