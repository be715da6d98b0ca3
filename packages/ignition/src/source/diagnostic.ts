import type { Code } from './catalogue.js';

/** Keys and list indexes from the root of a document to a value. */
export type Path = readonly (string | number)[];

/** `read` and `decode` come before the checks of the content; the others follow edge.md 1.2. */
export type Stage = 'read' | 'decode' | 'keys' | 'source' | 'translate' | 'filter' | 'generated';

/** One finding about a Butane or Ignition config. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  /** Stable name of the rule. */
  code: Code;
  message: string;
  stage: Stage;
  /** Where in the document, from the root. Empty: the document. */
  path: Path;
  /** Where in the text, counted from 1; absent when the value stands in no text. */
  position?: Position;
  /** What would be right, when it can be told. */
  hint?: string;
}

/** A place in a text; both count from 1, columns in characters. */
export interface Position {
  line: number;
  column: number;
}

/** `$.storage.files.0.path`, or `$` for the document. */
export function formatPath(path: Path): string {
  let text = '$';
  for (const part of path) text += `.${part}`;
  return text;
}

/** `error at $.a.b, line 1 col 2: message`, the form of `--raw-errors` (edge.md 1.9). */
export function formatDiagnostic({ severity, path, position, message }: Diagnostic): string {
  const places = [
    ...(path.length > 0 ? [formatPath(path)] : []),
    ...(position ? [`line ${position.line} col ${position.column}`] : []),
  ];
  return `${severity}${places.length > 0 ? ` at ${places.join(', ')}` : ''}: ${message}`;
}

/** True when one of the findings is an error. */
export function hasErrors(report: readonly Diagnostic[]): boolean {
  return report.some(({ severity }) => severity === 'error');
}
