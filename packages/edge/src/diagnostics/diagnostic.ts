import type { SourceText } from './source-text.js';

export type Severity = 'error' | 'warning' | 'info';

/** One finding about one place: what is wrong there, and what would be right. */
export interface Diagnostic {
  /** Stable code such as `EL010`. */
  rule: string;
  severity: Severity;
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** Where in the document, as `spec.clusters[0].nodes[0].ignitionConfigOverride: storage.files[0].mode`; empty for text. */
  path: string;
  message: string;
  /** What to write instead, if that is known. */
  fix?: string;
}

/** A part of a file's text, from `start` up to and without `end`. */
export interface Span {
  start: number;
  end: number;
}

/** Turns a span of a text into a diagnostic's place. */
export function placeOf(source: SourceText, span: Span): Omit<Diagnostic, 'rule' | 'severity' | 'path' | 'message'> {
  const { line, column } = source.positionAt(span.start);
  const end = source.positionAt(Math.max(span.end, span.start));
  return { file: source.file, line, column, endLine: end.line, endColumn: end.column };
}

/** The order in which findings are told: by file, place and rule; equal input gives equal output. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
