import { formatDiagnostic, formatPath, type Diagnostic } from './diagnostic.js';

export interface ExcerptOptions {
  /** Name of the file, as the reader knows it. */
  file: string;
  /** The text that the diagnostics are about. */
  text: string;
  color?: boolean;
  /** Also tell what would be right. */
  hints?: boolean;
}

const CONTEXT_LINES = 2;
/** Characters of excerpts, since a text of 16 MiB may be one line with thousands of findings; those after it get a line each. */
const MAX_SHOWN = 16 * 1024 * 1024;
const COLORS = { error: '\u001b[1;31m', warning: '\u001b[1;33m', mark: '\u001b[1;34m' };
const RESET = '\u001b[0m';

/** Findings with the lines around them, for people (edge.md 1.9). Each ends with a line feed, a blank line stands between two. */
export function formatExcerpts(report: readonly Diagnostic[], options: ExcerptOptions): string {
  const lines = options.text.split('\n');
  let left = MAX_SHOWN;
  const shown = report.map((entry) => {
    const hint = options.hints && entry.hint !== undefined ? `  = ${entry.hint}\n` : '';
    const excerpt = left > 0 ? formatExcerpt(entry, lines, options) : undefined;
    left -= excerpt?.length ?? 0;
    return `${excerpt ?? formatDiagnostic(entry)}\n${hint}`;
  });
  return shown.join('\n');
}

/** Undefined when the place is not in the text. */
function formatExcerpt(
  { severity, path, position, message }: Diagnostic,
  lines: readonly string[],
  { file, color = false }: ExcerptOptions,
): string | undefined {
  const bytes = position && Buffer.from(lines[position.line - 1] ?? '', 'utf8');
  if (!position || !bytes || position.column > bytes.length) return undefined;
  const paint = (text: string, code: string) => (color ? `${code}${text}${RESET}` : text);
  const last = Math.min(lines.length, position.line + CONTEXT_LINES);
  const gutter = ' '.repeat(String(last).length);
  const shown = [
    `${paint(severity, COLORS[severity])}${path.length > 0 ? `[${formatPath(path)}]` : ''}:`,
    `  ${paint('-->', COLORS.mark)} ${file}:${position.line}:${position.column}`,
    ` ${gutter} |`,
  ];
  for (let line = Math.max(1, position.line - CONTEXT_LINES); line <= last; line++) {
    shown.push(` ${paint(String(line).padStart(gutter.length), COLORS.mark)} | ${lines[line - 1] ?? ''}`);
    if (line !== position.line) continue;
    const marks = '^'.repeat(tokenBytes(bytes, position.column - 1));
    shown.push(` ${gutter} | ${' '.repeat(position.column - 1)}${paint(marks, COLORS.mark)} ${message}`);
  }
  return [...shown, ` ${gutter} |`].join('\n');
}

/** White space of Unicode, as the bytes of UTF-8. */
const BLANK = /[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)|\xe3\x80\x80/;

/** The reference counts bytes up to the next blank. */
function tokenBytes(line: Buffer, start: number): number {
  const rest = line.subarray(start).toString('latin1');
  return BLANK.exec(rest)?.index ?? rest.length;
}
