import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type Document,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Span } from './diagnostic.js';
import type { DocumentPath } from './document-path.js';
import { type ScalarStyle, scalarOffsets } from './scalar-offsets.js';
import type { MapEntry, ScalarNode, TreeNode } from './tree.js';

/** One thing that is wrong with the YAML itself. */
interface YamlProblem {
  /** The parser's own code, or `LIMIT` where one of our bounds was met. */
  code: string;
  message: string;
  span: Span;
}

export interface YamlDocument {
  /** Absent for an empty document, and for one that could not be read. */
  root: TreeNode | undefined;
  problems: YamlProblem[];
}

/** The deepest nesting that is read: Kubernetes objects have about a dozen levels. */
const MAX_DEPTH = 200;
/** More, as the text of scalars may have brackets that never close. */
const MAX_BRACKETS = 1000;
/** The most nodes that a document may have when each alias is replaced by what it names. */
const MAX_EXPANDED_NODES = 1_000_000;
/** More documents than a file has that people keep. */
const MAX_DOCUMENTS = 10_000;
/** The parser quotes what it does not understand, however long. */
const MAX_MESSAGE = 200;

/**
 * Reads all documents of a YAML text. Never throws: what is wrong is in `problems`, also nesting without end and aliases that
 * would become millions of nodes. `path`: where the text itself stands, if it is a part of another document.
 */
export function parseYamlTrees(text: string, path?: DocumentPath): YamlDocument[] {
  const deep = tooDeepAt(text);
  if (deep !== undefined) return [limited(`nested more than ${MAX_DEPTH} levels deep`, deep)];
  const many = manyDocumentsAt(text);
  if (many !== undefined) return [limited(`a file of more than ${MAX_DOCUMENTS} documents`, many)];
  try {
    const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent', uniqueKeys: false });
    return Array.isArray(documents) ? documents.map((document) => readDocument(text, document, path)) : [];
  } catch (error) {
    // The parser and the builder recurse: indents of thousands of levels exhaust the stack.
    if (error instanceof RangeError) return [limited(`nested more than ${MAX_DEPTH} levels deep`, 0)];
    throw error;
  }
}

function limited(message: string, at: number): YamlDocument {
  return { root: undefined, problems: [{ code: 'LIMIT', message, span: { start: at, end: at + 1 } }] };
}

function manyDocumentsAt(text: string): number | undefined {
  let count = 0;
  for (let at = text.indexOf('\n---'); at !== -1; at = text.indexOf('\n---', at + 1)) {
    if (++count > MAX_DOCUMENTS) return at + 1;
  }
  return undefined;
}

function readDocument(text: string, document: Document.Parsed, path: DocumentPath | undefined): YamlDocument {
  const problems: YamlProblem[] = document.errors.map(({ code, message, pos: [start, end] }) => ({
    code,
    message: message.slice(0, MAX_MESSAGE).replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase()),
    span: { start, end },
  }));
  if (problems.length > 0 || document.contents === null) return { root: undefined, problems };
  const builder = new TreeBuilder(text, document);
  const root = builder.build(document.contents, path);
  if (root.size > MAX_EXPANDED_NODES) {
    const message = `the aliases of this document stand for more than ${MAX_EXPANDED_NODES} nodes`;
    return { root: undefined, problems: [{ code: 'LIMIT', message, span: root.node.span }] };
  }
  return { root: root.node, problems: builder.problems };
}

/**
 * Where brackets, or the dashes at the beginning of a line, nest too deeply; quotes and comments are not looked at, as only
 * texts made for it come so far. The parser needs a second for each thousand of such levels.
 */
function tooDeepAt(text: string): number | undefined {
  let brackets = 0;
  let dashes = 0;
  let atLineStart = true;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '[' || char === '{') brackets++;
    else if ((char === ']' || char === '}') && brackets > 0) brackets--;
    if (char === '\n') {
      dashes = 0;
      atLineStart = true;
    } else if (atLineStart && (char === '-' || char === '?') && text[at + 1] === ' ') dashes++;
    else if (char !== ' ') atLineStart = false;
    if (dashes > MAX_DEPTH || brackets > MAX_BRACKETS) return at;
  }
  return undefined;
}

interface Built {
  node: TreeNode;
  /** Nodes below and with this one when aliases are replaced. */
  size: number;
}

class TreeBuilder {
  readonly problems: YamlProblem[] = [];
  private readonly anchors = new Map<Node, Built>();

  constructor(
    private readonly text: string,
    private readonly document: Document.Parsed,
  ) {}

  build(node: unknown, path: DocumentPath | undefined): Built {
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      const built = target === undefined ? undefined : this.anchors.get(target);
      if (built !== undefined) return built;
      const span = this.spanOf(node);
      this.problems.push({ code: 'BAD_ALIAS', message: `no anchor &${node.source} stands before this`, span });
      return this.emptyAt(span, path);
    }
    const built = this.buildNew(node, path);
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) this.anchors.set(node, built);
    return built;
  }

  private buildNew(node: unknown, path: DocumentPath | undefined): Built {
    if (isMap(node)) return this.buildMap(node, path);
    if (isSeq(node)) {
      let size = 1;
      const items = node.items.map((item, step) => {
        const built = this.build(item, { parent: path, step });
        size += built.size;
        return built.node;
      });
      return { node: { kind: 'list', items, span: this.spanOf(node), path }, size };
    }
    if (isScalar(node)) return { node: this.scalar(node, path), size: 1 };
    return this.emptyAt({ start: 0, end: 0 }, path);
  }

  private buildMap(map: YAMLMap, path: DocumentPath | undefined): Built {
    const entries = new Map<string, MapEntry>();
    const merged: MapEntry[] = [];
    let size = 1;
    for (const pair of map.items) {
      const key = keyOf(pair);
      const built = this.build(pair.value, { parent: path, step: key });
      size += built.size;
      const span = this.spanOf(pair.key);
      // A key without a value has no node of its own: its place is that of the key.
      const node = pair.value === null ? this.emptyAt(span, built.node.path).node : built.node;
      if (key === '<<') {
        merged.push({ key: span, value: node });
        continue;
      }
      if (entries.has(key)) {
        this.problems.push({ code: 'DUPLICATE_KEY', message: `the key ${key} is given twice`, span });
      }
      entries.set(key, { key: span, value: node });
    }
    for (const { value } of merged) mergeInto(entries, value);
    return { node: { kind: 'map', entries, span: this.spanOf(map), path }, size };
  }

  private scalar(node: Scalar, path: DocumentPath | undefined): ScalarNode {
    const span = this.spanOf(node);
    const value = plainValue(node);
    const { text } = this;
    let offsets: Uint32Array | undefined;
    return {
      kind: 'scalar',
      value,
      span,
      path,
      offsetOf: (index) => {
        offsets ??= scalarOffsets(text, span.start, span.end, styleOf(node), String(value));
        return offsets[Math.min(index, offsets.length - 1)] ?? span.start;
      },
    };
  }

  private emptyAt(span: Span, path: DocumentPath | undefined): Built {
    return { node: { kind: 'scalar', value: null, span, path, offsetOf: () => span.start }, size: 1 };
  }

  private spanOf(node: unknown): Span {
    const range = (node as { range?: [number, number, number] | null } | null)?.range;
    return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 };
  }
}

/** Merge keys (YAML 1.1 type `<<`): what a map has itself wins, and of several maps the first. */
function mergeInto(entries: Map<string, MapEntry>, value: TreeNode): void {
  const sources = value.kind === 'list' ? value.items : [value];
  for (const source of sources) {
    if (source.kind !== 'map') continue;
    for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
  }
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(plainValue(key) ?? '') : '?';
}

function plainValue({ value, source }: Scalar): ScalarNode['value'] {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  return source ?? JSON.stringify(value);
}

function styleOf({ type }: Scalar): ScalarStyle {
  switch (type) {
    case 'QUOTE_SINGLE':
      return 'single';
    case 'QUOTE_DOUBLE':
      return 'double';
    case 'BLOCK_LITERAL':
      return 'literal';
    case 'BLOCK_FOLDED':
      return 'folded';
    default:
      return 'plain';
  }
}
