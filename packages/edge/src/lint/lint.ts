import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { SourceText } from '../diagnostics/source-text.js';
import { configRules, unitReferences } from './config-rules.js';
import { diskRules, keptPartitions, mixedMechanisms } from './disk-rules.js';
import { embeddedTexts } from './embedded-rules.js';
import { ignitionRules } from './ignition-rules.js';
import { imageSets } from './image-set-rules.js';
import type { LintDocument, LintText } from './lint-document.js';
import { type LintOptions, type LintSet, lintSet } from './lint-set.js';
import { placeholders } from './placeholder-rules.js';
import { type LintFile, readLintFile } from './read-file.js';
import { registryRules } from './registry-rules.js';
import { Reporter } from './reporter.js';
import { strictRules } from './strict-rules.js';
import { scriptRules } from './script-rules.js';
import { textRules } from './text-rules.js';

export interface LintResult {
  diagnostics: Diagnostic[];
  /** The texts by file name, for excerpts. */
  sources: ReadonlyMap<string, SourceText>;
}

const RULE_SETS: ((set: LintSet, report: Reporter) => void)[] = [
  strictRules,
  placeholders,
  embeddedTexts,
  configRules,
  ignitionRules,
  unitReferences,
  scriptRules,
  diskRules,
  mixedMechanisms,
  keptPartitions,
  imageSets,
  registryRules,
  textRules,
];

/**
 * Looks at files as one set: each by itself, and against each other (a volume's path against the layout of its node). Pure;
 * never throws for what the files hold.
 */
export function lint(files: readonly LintFile[], options: LintOptions = {}): LintResult {
  const report = new Reporter();
  const documents: LintDocument[] = [];
  const texts: LintText[] = [];
  const sources = new Map<string, SourceText>();
  for (const file of files) {
    const source = new SourceText(file.path, file.text);
    sources.set(file.path, source);
    const read = readLintFile(source, report);
    if (Array.isArray(read)) for (const document of read) documents.push(document);
    else texts.push(read);
  }
  const set = lintSet(documents, texts, options);
  for (const rules of RULE_SETS) rules(set, report);
  return { diagnostics: report.all(), sources };
}

/** The finding about a file whose bytes are no text that can be looked at. */
export function unreadableFile(file: string, reason: string): Diagnostic {
  const place = { line: 1, column: 1, endLine: 1, endColumn: 1 };
  return { rule: 'EL000', severity: 'error', file, ...place, path: '', message: reason };
}
