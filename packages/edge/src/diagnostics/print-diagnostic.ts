import type { Diagnostic } from './diagnostic.js';
import type { SourceText } from './source-text.js';

/** The widest piece of a source line that is shown; data URLs are one line of kilobytes. */
const EXCERPT_WIDTH = 100;

/**
 * A finding for people: `file:line:column: severity rule path: message`, the line with a caret under the place, and what to
 * write instead. Control characters of the file do not reach the terminal.
 */
export function printDiagnostic(diagnostic: Diagnostic, source: SourceText | undefined): string {
  const { file, line, column, severity, rule, path, message, fix } = diagnostic;
  const head = `${file}:${line}:${column}: ${severity} ${rule}${path === '' ? '' : ` ${path}`}: ${message}`;
  const lines = [visible(head)];
  if (source !== undefined) lines.push(...excerpt(diagnostic, source.lineText(line)));
  if (fix !== undefined)
    lines.push(...fix.split('\n').map((text, n) => `  ${n === 0 ? 'fix:' : '    '} ${visible(text)}`));
  return `${lines.join('\n')}\n`;
}

function excerpt({ line, column, endLine, endColumn }: Diagnostic, text: string): string[] {
  const at = Math.min(column - 1, text.length);
  const from = text.length <= EXCERPT_WIDTH ? 0 : Math.max(0, Math.min(at - 40, text.length - EXCERPT_WIDTH));
  const to = Math.min(text.length, from + EXCERPT_WIDTH);
  const shown = `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
  const until = endLine === line ? Math.min(endColumn - 1, to) : to;
  const width = Math.max(1, until - at);
  const number = String(line).padStart(5);
  const before = ' '.repeat(at - from + (from > 0 ? 1 : 0));
  return [`${number} | ${visible(shown)}`, `${' '.repeat(number.length)} | ${before}${'^'.repeat(width)}`];
}

/** Each control character becomes one visible character, so that columns stay. */
function visible(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/\p{Cc}/gu, '�');
}
