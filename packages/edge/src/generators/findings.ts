import { placeOf, type Diagnostic, type Severity } from '../diagnostics/diagnostic.js';
import { formatPath, type DocumentPath } from '../diagnostics/document-path.js';
import { SourceText, type Position } from '../diagnostics/source-text.js';
import type { Span } from '../diagnostics/diagnostic.js';
import { nodeAt, type TreeNode } from '../diagnostics/tree.js';
import { parseYamlTrees } from '../diagnostics/yaml-tree.js';
import type { DecodeIssue, Path } from '../yaml/decode.js';
import { didYouMean } from '../yaml/suggestion.js';

/** A rule of the strict mode: what it is about, for the guide, and how bad it is when it is broken. */
export interface StrictRule {
  id: string;
  severity: Severity;
  title: string;
}

/** What the strict mode finds in one file. */
export class Findings<Id extends string> {
  readonly all: Diagnostic[] = [];
  readonly source: SourceText;
  /** The first document; absent when the file is no YAML or empty. */
  readonly root: TreeNode | undefined;
  /** Spans of the documents after the first. */
  readonly further: Span[];
  readonly #severities: ReadonlyMap<string, Severity>;

  constructor(file: string, text: string, rules: readonly StrictRule[]) {
    this.source = new SourceText(file, text);
    const [first, ...others] = parseYamlTrees(text);
    this.root = first?.root;
    this.further = others.flatMap(({ root }) => (root === undefined ? [] : [root.span]));
    this.#severities = new Map(rules.map(({ id, severity }) => [id, severity]));
  }

  get hasErrors(): boolean {
    return this.all.some(({ severity }) => severity === 'error');
  }

  /** A finding at a path, or at the deepest part of it that exists. */
  at(rule: Id, path: Path, message: string, fix?: string): void {
    let length = path.length;
    let node = nodeAt(this.root, ...path);
    while (node === undefined && length > 0) node = nodeAt(this.root, ...path.slice(0, --length));
    this.span(rule, node?.span ?? { start: 0, end: 0 }, formatPath(toDocumentPath(path)), message, fix);
  }

  /** A finding at a place of the file. */
  span(rule: Id, span: Span, path: string, message: string, fix?: string): void {
    this.all.push({
      rule,
      severity: this.#severities.get(rule) ?? 'error',
      ...placeOf(this.source, span),
      path,
      message,
      ...(fix !== undefined && { fix }),
    });
  }

  /** The result of reading something, or undefined after telling why there is none. */
  attempt<T>(rule: Id, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      const message = error instanceof Error ? error.message.replace(/^yaml: (?:line \d+: )?/, '') : String(error);
      const { line, column } = (error as { position?: Position }).position ?? { line: 1, column: 1 };
      const start = this.source.lineStart(line) + column - 1;
      this.span(rule, { start, end: start }, '', message);
      return undefined;
    }
  }

  /** The findings for what did not fit when the file was read. `rules`: those for the kinds of issues. */
  issues(issues: readonly DecodeIssue[], rules: Record<DecodeIssue['kind'], Id>): void {
    for (const issue of issues) {
      const { node, kind, path, message } = issue;
      const span = { start: node.offset, end: Math.max(node.end, node.offset) };
      const name = node.kind === 'scalar' ? node.value : '';
      const where = formatPath(toDocumentPath(kind === 'unknown' || kind === 'duplicate' ? [...path, name] : path));
      this.span(rules[kind], span, where, this.#wording(issue, message), remedyOf(issue, name));
    }
  }

  #wording({ kind, first }: DecodeIssue, message: string): string {
    if (kind === 'type') {
      const [, found = '', wanted = ''] = /^cannot unmarshal (.*) into (\S+).*$/.exec(message) ?? [];
      return `expected ${plainType(wanted)}, found ${plainType(found)}`;
    }
    if (kind !== 'duplicate' || first === undefined) return message;
    return `${message} in line ${this.source.positionAt(first.offset).line}`;
  }
}

function remedyOf({ kind, known, remedy }: DecodeIssue, name: string): string | undefined {
  return kind === 'unknown' ? didYouMean(name, known ?? []) : remedy;
}

const TYPES: [RegExp, string][] = [
  [/^!!map/, 'a map'],
  [/^!!seq/, 'a list'],
  [/^!!\w+ (.*)$/, '$1'],
  [/^\[\].*/, 'a list'],
  [/^map\[.*/, 'a map'],
  [/^string$/, 'a string'],
  [/^int$/, 'an integer'],
  [/^bool$/, 'a boolean'],
  [/^\w+\.\w+$/, 'a map'],
];

function plainType(name: string): string {
  const [pattern, words] = TYPES.find(([candidate]) => candidate.test(name)) ?? [/$^/, ''];
  return words === '' ? name : name.replace(pattern, words);
}

function toDocumentPath(path: Path): DocumentPath | undefined {
  return path.reduce<DocumentPath | undefined>((parent, step) => ({ parent, step }), undefined);
}
