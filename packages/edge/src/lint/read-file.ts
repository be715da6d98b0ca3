import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import type { SourceText } from '../diagnostics/source-text.js';
import type { Span } from '../diagnostics/diagnostic.js';
import type { DocumentPath } from '../diagnostics/document-path.js';
import { entriesAt, stringAt, stringNodeAt, type TreeNode } from '../diagnostics/tree.js';
import { parseYamlTrees, type YamlDocument } from '../diagnostics/yaml-tree.js';
import { type DocumentKind, kindOf, type LintDocument, type LintText } from './lint-document.js';
import { STRICT_KINDS } from './strict-rules.js';
import { mendYaml } from './mended-yaml.js';
import type { Reporter } from './reporter.js';

/** A file to look at. */
export interface LintFile {
  path: string;
  text: string;
}

/** Reads a file into its documents, or as a text for people; what cannot be read is reported. */
export function readLintFile(source: SourceText, report: Reporter): LintDocument[] | LintText {
  const format = formatOf(source.file, source.text);
  if (format === 'prose' || format === 'script') return { source, kind: format };
  return format === 'json' ? readJson(source, report) : readYaml(source, report);
}

function formatOf(path: string, text: string): 'yaml' | 'json' | 'prose' | 'script' {
  const extension = /\.(\w+)$/.exec(path)?.[1] ?? '';
  if (['md', 'txt', 'adoc'].includes(extension)) return 'prose';
  if (extension === 'sh' || text.startsWith('#!')) return 'script';
  if (['yaml', 'yml', 'bu'].includes(extension)) return 'yaml';
  // The openshift variant makes YAML, which people give the same extension as the JSON of the others.
  return extension === 'json' || /^\s*[{["]/.test(text) ? 'json' : 'yaml';
}

function readJson(source: SourceText, report: Reporter): LintDocument[] {
  return takeJson({ source, text: source.text, original: (offset) => offset }, undefined, report);
}

function readYaml(source: SourceText, report: Reporter): LintDocument[] {
  // Documentation marks what it leaves out by `[...]`, which YAML reads as a list.
  const text = source.text.replaceAll(/^[ \t]*\[\.\.\.\][ \t]*$/gm, (mark) => ' '.repeat(mark.length));
  const kind = source.file.endsWith('.bu') ? 'butane' : undefined;
  const documents = parseYamlTrees(text);
  const mended = documents.some(({ problems }) => problems.length > 0) ? mendYaml(text) : undefined;
  if (mended === undefined) {
    return takeYaml({ source, text, original: (offset) => offset }, documents, kind, report);
  }
  for (const { header, firstLine, missing } of mended.blocks) {
    const key = source.text.slice(header.start, header.end).split(':')[0] ?? '';
    const message = `the text of ${key} must be indented more than its key; as it is, the value is empty and this line is no YAML`;
    const fix = `indent the text by ${missing} more spaces`;
    report.text('EL002', source, firstLine, message, { fix });
  }
  const { text: whole, original } = mended;
  return takeYaml({ source, text: whole, original }, parseYamlTrees(whole), kind, report);
}

type Origin = Pick<LintDocument, 'source' | 'text' | 'original'>;

function takeYaml(
  origin: Origin,
  documents: readonly YamlDocument[],
  known: DocumentKind | undefined,
  report: Reporter,
): LintDocument[] {
  return documents.flatMap(({ root, problems }) => {
    const kind = root && (known ?? kindOf(root));
    // What follows the first problem of a document is most often its consequence.
    const [problem] = problems.filter(({ code }) => code !== 'DUPLICATE_KEY' || !tellsDuplicates(root, kind));
    if (problem !== undefined) unreadable(origin, problem.span, problem.message, report);
    if (root === undefined || kind === undefined) return [];
    const document = { ...origin, kind, root };
    return [document, ...embeddedDocuments(document, report)];
  });
}

function takeJson(origin: Origin, path: DocumentPath | undefined, report: Reporter): LintDocument[] {
  try {
    const root = parseJsonTree(origin.text, undefined, path);
    return [{ ...origin, kind: kindOf(root), root }];
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    unreadable(origin, { start: error.index, end: error.index + 1 }, `no JSON: ${error.message}`, report);
    return [];
  }
}

/** The files in a ConfigMap that are Butane or Ignition by their names. */
function embeddedDocuments({ source, root, original }: LintDocument, report: Reporter): LintDocument[] {
  if (stringAt(root, 'kind') !== 'ConfigMap') return [];
  return entriesAt(root, 'data').flatMap(([name, { value }]) => {
    const holder = stringNodeAt(value);
    if (holder === undefined) return [];
    const origin = { source, text: holder.value, original: (offset: number) => original(holder.offsetOf(offset)) };
    const path = { parent: holder.path, step: { embedded: true } } as const;
    if (name.endsWith('.ign')) return takeJson(origin, path, report);
    return name.endsWith('.bu') ? takeYaml(origin, parseYamlTrees(holder.value, path), 'butane', report) : [];
  });
}

function unreadable({ source, original }: Origin, { start, end }: Span, message: string, report: Reporter): void {
  report.text('EL000', source, { start: original(start), end: original(end) }, message);
}

/** The transpiler and the generators' strict modes tell of keys that are given twice themselves. */
function tellsDuplicates(root: TreeNode | undefined, kind: DocumentKind | undefined): boolean {
  return kind === 'butane' || STRICT_KINDS.includes(stringAt(root, 'kind') ?? '');
}
