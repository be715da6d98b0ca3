import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { parseYamlTrees, type YamlDocument } from '../diagnostics/yaml-tree.js';
import { kindOf, type LintDocument, type LintText } from './lint-document.js';
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
  const extension =
    path
      .slice(path.lastIndexOf('/') + 1)
      .split('.')
      .at(-1) ?? '';
  if (['md', 'txt', 'adoc'].includes(extension)) return 'prose';
  if (extension === 'sh' || text.startsWith('#!')) return 'script';
  if (['yaml', 'yml', 'bu'].includes(extension)) return 'yaml';
  return extension === 'json' || extension === 'ign' || /^\s*[{["]/.test(text) ? 'json' : 'yaml';
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
    // What follows the first problem of a document is most often its consequence.
    for (const { message, span } of problems.slice(0, 1)) {
      const place = { start: original(span.start), end: original(span.end) };
      report.text('EL000', source, place, message);
    }
    return root === undefined ? [] : [{ source, kind: kindOf(root), root, original }];
  });
}
