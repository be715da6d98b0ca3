import {
  ALL_RULES,
  type Diagnostic,
  type LintFile,
  lint,
  type LintOptions,
  type LintResult,
  printDiagnostic,
  TextFileError,
  toSarif,
  unreadableFile,
} from '@longshore/edge';
import { counted } from '../counted.js';
import { ownVersion } from '../own-version.js';
import { filesBelow, readTextFile } from './text-files.js';

/** How findings are printed. */
export type LintFormat = 'text' | 'json' | 'sarif';

/** What is looked for in folders; instructions and JSON are only read when they are named. */
export const EXTENSIONS = ['.yaml', '.yml', '.bu', '.ign', '.sh'];

/** Lints files and folders; a file that cannot be read is a finding like others. */
export async function lintPaths(paths: readonly string[], options: LintOptions): Promise<LintResult> {
  const files: LintFile[] = [];
  const unreadable: Diagnostic[] = [];
  for (const path of await filesBelow(paths, EXTENSIONS)) {
    try {
      files.push({ path, text: await readTextFile(path) });
    } catch (error) {
      if (!(error instanceof TextFileError)) throw error;
      unreadable.push(unreadableFile(path, error.message));
    }
  }
  const { diagnostics, sources } = lint(files, options);
  return { diagnostics: [...unreadable, ...diagnostics], sources };
}

/** The findings in one of the formats, with a line feed at the end. */
export function lintText({ diagnostics, sources }: LintResult, format: LintFormat): string {
  if (format === 'json') return `${JSON.stringify(diagnostics, undefined, 2)}\n`;
  if (format === 'sarif') return `${JSON.stringify(toSarif(diagnostics, ALL_RULES, ownVersion()), undefined, 2)}\n`;
  const lines = diagnostics.map((diagnostic) => printDiagnostic(diagnostic, sources.get(diagnostic.file)));
  const count = (severity: Diagnostic['severity']) => diagnostics.filter((one) => one.severity === severity).length;
  const sum = `${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}, ${counted(count('info'), 'note')}`;
  return [...lines, diagnostics.length === 0 ? 'clean\n' : `${sum}\n`].join('');
}
