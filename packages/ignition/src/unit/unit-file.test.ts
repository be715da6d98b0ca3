import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUnitFile, UnitFileError } from './unit-file.js';

describe('parseUnitFile', () => {
  it('reads sections, options, comments and continued lines', () => {
    const text =
      'skipped = 1\n[Unit]\n# a comment\n; another\n\n Description = two \\\n  lines\nAfter=\n[Install]\r\nWantedBy=a';
    expect(parseUnitFile(text)).toEqual([
      { section: 'Unit', name: 'Description', value: ' two \\\n  lines' },
      { section: 'Unit', name: 'After', value: '' },
      { section: 'Install', name: 'WantedBy', value: 'a' },
    ]);
  });

  it.each(['[Unit]\n;c \\\n[x\nA=b\n', '# \\ \n[x\n[Unit]\nA=b\n'])(
    'goes on with a comment behind a backslash: %j',
    (text) => {
      expect(parseUnitFile(text)).toEqual([{ section: 'Unit', name: 'A', value: 'b' }]);
    },
  );

  it.each([
    ['[Unit', 'unable to find end of section'],
    ['[Unit]x\n', 'found garbage after section name : "x"'],
    ['[Unit]\nfoo\n', 'unexpected newline encountered while parsing option name'],
    ['[Unit]\nfoo', 'EOF'],
    [`[Unit]\na=${'x'.repeat(2048)}\n`, 'line too long (max 2048 bytes)'],
    [`[Unit]\na=x \\\n${'x'.repeat(2048)}\n`, 'line too long (max 2048 bytes)'],
    [`[Unit]\na=${'é'.repeat(1024)}\n`, 'line too long (max 2048 bytes)'],
    [`[Unit] ${'x'.repeat(2048)}\n`, 'line too long (max 2048 bytes)'],
    [`#${'x'.repeat(2048)}\n`, 'line too long (max 2048 bytes)'],
  ])('refuses %j', (text, message) => {
    expect(() => parseUnitFile(text)).toThrow(new UnitFileError(message));
  });

  it.each([`[Unit]\na=${'x'.repeat(2040)}\n`, `#\\\n${'x'.repeat(2048)}\n[Unit]\na=b\n`])(
    'takes lines of just under the limit, and what goes on with a comment',
    (text) => {
      expect(parseUnitFile(text)).toHaveLength(1);
    },
  );

  it('ends for any text', () => {
    const piece = fc.constantFrom('[', ']', '\n', '\r', '=', '\\', '#', 'a', ' ');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          parseUnitFile(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(UnitFileError);
        }
      }),
    );
  });
});
