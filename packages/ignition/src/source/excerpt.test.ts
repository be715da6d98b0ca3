import { expect, it } from 'vitest';
import type { Diagnostic } from './diagnostic.js';
import { formatExcerpts } from './excerpt.js';

const text = 'one: 1\ntwo: "한 x"\nthree: 3\n';
const entry: Diagnostic = {
  severity: 'warning',
  code: 'unused-key',
  message: 'unused key two',
  stage: 'keys',
  path: ['two'],
  position: { line: 2, column: 6 },
  hint: 'did you mean to?',
};

it('marks the token up to the next blank, as the reference counts it', () => {
  expect(formatExcerpts([entry], { file: 'a.bu', text })).toBe(`warning[$.two]:
  --> a.bu:2:6
   |
 1 | one: 1
 2 | two: "한 x"
   |      ^^^^ unused key two
 3 | three: 3
 4 | 
   |
`);
});

it.each(['\u0085', '\u00a0', '\u2003', '\u3000'])('takes %j for a blank', (blank) => {
  const position = { line: 1, column: 1 };
  const marked = formatExcerpts([{ ...entry, position }], { file: 'a.bu', text: `한${blank}x\n` });
  expect(marked).toContain('| ^^^ unused key two\n');
});

it('colors the severity and what leads the eye', () => {
  const colored = formatExcerpts([entry], { file: 'a.bu', text, color: true });
  expect(colored).toContain('\u001b[1;33mwarning\u001b[0m[$.two]:');
  expect(colored).toContain('\u001b[1;34m^^^^\u001b[0m unused key two');
});

it('tells what would be right when it is asked to', () => {
  expect(formatExcerpts([entry], { file: 'a.bu', text, hints: true })).toContain('\n  = did you mean to?\n');
});

it('writes one line for what has no place in the text', () => {
  const { position: _, ...nowhere } = entry;
  const behind = { ...entry, position: { line: 1, column: 7 } };
  expect(formatExcerpts([nowhere, behind], { file: 'a.bu', text })).toBe(
    'warning at $.two: unused key two\n\nwarning at $.two, line 1 col 7: unused key two\n',
  );
});

it('shows no more than a reader could bear', () => {
  const line = `a: ${'x'.repeat(1_000_000)}`;
  const report = Array.from({ length: 1000 }, () => ({ ...entry, position: { line: 1, column: 1 } }));
  const shown = formatExcerpts(report, { file: 'a.bu', text: line });
  expect(shown.length).toBeLessThan(18_000_000);
  expect(shown.endsWith('\n\nwarning at $.two, line 1 col 1: unused key two\n')).toBe(true);
});
