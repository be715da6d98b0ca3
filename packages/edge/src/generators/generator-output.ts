import { compareDiagnostics, type Diagnostic } from '../diagnostics/diagnostic.js';
import { printDiagnostic } from '../diagnostics/print-diagnostic.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { documentTexts } from '../yaml/document.js';
import { emitYaml } from '../yaml/emit.js';
import { isFields, type Fields, type Value } from '../yaml/value.js';
import { GeneratorFileError, OutputFolder, readText } from './files.js';

/** How a generator talks. */
export interface GeneratorOutput {
  print(text: string): void;
  /** A line, with or without its line feed. */
  log(line: string): void;
}

/** An input of a generator: a file that is still to be read, or a text that is there already. */
export interface GeneratorInput {
  name: string;
  text?: string;
}

/** The text of an input. Throws GeneratorFileError. */
export function inputText({ name, text }: GeneratorInput): string {
  return text ?? readText(name);
}

/** The input with its text; without it when it cannot be read, which its generator tells. */
export function load(input: GeneratorInput): GeneratorInput {
  try {
    return { name: input.name, text: inputText(input) };
  } catch (error) {
    if (!isInputError(error)) throw error;
    return input;
  }
}

/**
 * Whether the first document of a text has lines like these, told without reading it as YAML. Later documents say nothing: no
 * generator reads them.
 */
export function beginsAs(text: string, ...lines: RegExp[]): boolean {
  if (!lines.every((line) => line.test(text))) return false;
  const first = documentTexts(text).find((document) => /^kind:/m.test(document)) ?? '';
  return lines.every((line) => line.test(first));
}

/** The name of a resource; empty when it has none. */
export function nameOf({ metadata }: Fields): string {
  return isFields(metadata) ? textAt(metadata, 'name') : '';
}

/** The string of a key; empty when there is none. */
export function textAt(values: Fields, key: string): string {
  const value = values[key];
  return typeof value === 'string' ? value : '';
}

/** What became of one input, for machines. */
export interface InputReport {
  file: string;
  ok: boolean;
  diagnostics: Diagnostic[];
}

/** A generated object, and where it goes below the output folder. */
export interface GeneratedObject {
  path: string;
  documents: readonly Value[];
  /** A file of several documents, each with its mark. */
  marked: boolean;
}

/** Where generated objects go: files of a folder, the standard output, or a list that is printed in the end. */
export interface ObjectSink {
  /** Throws GeneratorFileError. */
  write(object: GeneratedObject): void;
}

/** Writes files below a folder. */
export function folderSink(path: string): ObjectSink {
  const folder = new OutputFolder(path);
  return { write: (object) => folder.write(object.path, textOf(object)) };
}

/** Prints each object, with a mark before and an empty line after it. */
export function printSink(output: GeneratorOutput): ObjectSink {
  return {
    write: (object) => {
      const text = textOf(object);
      output.print(`${object.marked ? '' : '---\n'}${text}\n`);
    },
  };
}

function textOf({ documents, marked }: GeneratedObject): string {
  return documents.map((document) => (marked ? '---\n' : '') + emitYaml(document)).join('');
}

/** Tells findings for people, in order. */
export function logDiagnostics(diagnostics: readonly Diagnostic[], source: SourceText, output: GeneratorOutput): void {
  for (const diagnostic of [...diagnostics].sort(compareDiagnostics)) {
    output.log(printDiagnostic(diagnostic, diagnostic.file === source.file ? source : undefined));
  }
}

/** A finding about a file as a whole. */
export function fileDiagnostic(rule: string, file: string, error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  return { rule, severity: 'error', file, line: 1, column: 1, endLine: 1, endColumn: 1, path: '', message };
}

/** Whether an error only concerns the input at hand, so that the others can go on. */
export function isInputError(error: unknown): error is Error {
  return (
    error instanceof GeneratorFileError || error instanceof RangeError || (error instanceof Error && 'code' in error)
  );
}
