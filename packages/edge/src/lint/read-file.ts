import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { stringAt, type TreeNode } from '../diagnostics/tree.js';
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
  try {
    const root = parseJsonTree(source.text);
    return [{ source, kind: kindOf(root), root, original: (offset) => offset }];
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    report.text('EL000', source, { start: error.index, end: error.index + 1 }, `no JSON: ${error.message}`);
    return [];
  }
}

function readYaml(source: SourceText, report: Reporter): LintDocument[] {
  // Documentation marks what it leaves out by `[...]`, which YAML reads as a list.
  const text = source.text.replaceAll(/^[ \t]*\[\.\.\.\][ \t]*$/gm, (mark) => ' '.repeat(mark.length));
  const documents = parseYamlTrees(text);
  const mended = documents.some(({ problems }) => problems.length > 0) ? mendYaml(text) : undefined;
  if (mended === undefined) return take(source, documents, (offset) => offset, report);
  for (const { header, firstLine, missing } of mended.blocks) {
    const key = source.text.slice(header.start, header.end).split(':')[0] ?? '';
    const message = `the text of ${key} must be indented more than its key; as it is, the value is empty and this line is no YAML`;
    const fix = `indent the text by ${missing} more spaces`;
    report.text('EL002', source, firstLine, message, { fix });
  }
  return take(source, parseYamlTrees(mended.text), mended.original, report);
}

function take(
  source: SourceText,
  documents: readonly YamlDocument[],
  original: (offset: number) => number,
  report: Reporter,
): LintDocument[] {
  return documents.flatMap(({ root, problems }) => {
    const kind = root && (source.file.endsWith('.bu') ? 'butane' : kindOf(root));
    // What follows the first problem of a document is most often its consequence.
    const [problem] = problems.filter(({ code }) => code !== 'DUPLICATE_KEY' || !tellsDuplicates(root, kind));
    if (problem !== undefined) {
      const { start, end } = problem.span;
      report.text('EL000', source, { start: original(start), end: original(end) }, problem.message);
    }
    return root === undefined || kind === undefined ? [] : [{ source, kind, root, original }];
  });
}

/** The transpiler and the generators' strict modes tell of keys that are given twice themselves. */
function tellsDuplicates(root: TreeNode | undefined, kind: DocumentKind | undefined): boolean {
  return kind === 'butane' || STRICT_KINDS.includes(stringAt(root, 'kind') ?? '');
}
