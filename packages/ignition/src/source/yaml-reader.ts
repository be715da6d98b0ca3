import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { indentFlow } from './flow-indent.js';
import { InputError } from './input-text.js';
import { LineIndex } from './line-index.js';
import type { MapEntry, SourceNode } from './source-node.js';
import { yamlProblem } from './yaml-problem.js';

/** Levels of nesting in a YAML or JSON text; a config needs ten. */
export const MAX_DEPTH = 100;
/** Tokens of a YAML text: bounds time and memory, since 16 MiB could hold ten million. */
const MAX_TOKENS = 1_000_000;

/** YAML 1.1, section 5.1: what no text may hold, not even quoted. */

const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Half a character, which an escape such as `\ud800` can write and UTF-8 cannot. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The first document of a YAML text. */
export interface YamlSource {
  /** Absent when the document is empty. */
  root?: SourceNode;
  lines: LineIndex;
}

/**
 * Reads the first document of a YAML text (JSON is YAML too) and keeps the place of each node. Nothing is typed yet, keys may
 * stand twice, merge keys are keys like others, aliases stay aliases. Later documents are not looked at (edge.md 1.3).
 * Throws {@link InputError} with a position for what is no YAML, nested too deeply, or refers to an unknown anchor.
 */
export function readYaml(text: string): YamlSource {
  const lines = new LineIndex(text);
  const control = text.search(CONTROL);
  if (control !== -1) {
    throw new InputError('yaml-syntax', 'yaml: control characters are not allowed', lines.position(control));
  }
  const { document, original } = readDocument(text, lines);
  if (!document) return { lines };
  const reader = new NodeReader(lines, original);
  const contents = document.contents;
  if (contents === null || isEmptyRoot(contents)) return { lines };
  return { root: reader.node(contents, []), lines };
}

/** The first document; `original` tells where an offset of its nodes is in the text. */
function readDocument(
  text: string,
  lines: LineIndex,
): { document?: Document.Parsed; original: (at: number) => number } {
  const original = (at: number) => at;
  const document = firstDocument(text, lines);
  const [problem] = document?.errors ?? [];
  if (!document || !problem) return { ...(document && { document }), original };
  const indented = indentFlow(text);
  const again = indented && firstDocument(indented.text, lines);
  if (!again) throw yamlProblem(problem, text, lines);
  const [remaining] = again.errors;
  if (!remaining) return { document: again, original: indented.original };
  const [start, end] = remaining.pos;
  remaining.pos = [indented.original(start), indented.original(end)];
  throw yamlProblem(remaining, text, lines);
}

function isEmptyRoot(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.value === '' && !node.anchor;
}

function firstDocument(text: string, lines: LineIndex): Document.Parsed | undefined {
  const composer = new Composer({
    schema: 'failsafe',
    keepSourceTokens: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  for (const document of composer.compose(boundedTokens(text, lines), false, text.length)) {
    return document;
  }
  return undefined;
}

function* boundedTokens(text: string, lines: LineIndex): Generator<CST.Token> {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > 2 * MAX_DEPTH) throw tooMuch('is nested too deeply', lines, parser.offset);
    if (++count > MAX_TOKENS) throw tooMuch(`has more than ${MAX_TOKENS} tokens`, lines, parser.offset);
  }
  yield* parser.end();
}

function tooMuch(what: string, lines: LineIndex, offset: number): InputError {
  return new InputError('input-too-large', `the text ${what}`, lines.position(offset));
}

/** Turns nodes of the library into ours. Each anchored node is turned once, however many aliases refer to it. */
class NodeReader {
  readonly #anchors = new Map<string, SourceNode>();
  /** Anchors of collections that are being read: an alias to one of them would contain itself. */
  readonly #open = new Set<string>();

  constructor(
    private readonly lines: LineIndex,
    private readonly original: (offset: number) => number,
  ) {}

  /**
   * `props`: the tokens before the node, among which its anchor and tag stand. In block style an empty node stands right behind
   * its `indicator`, the colon or the dash.
   */
  node(node: Node, props: readonly CST.SourceToken[], indicator?: Indicator): SourceNode {
    const [start = 0, end = 0] = rangeOf(node, props, indicator).map(this.original);
    if (isAlias(node)) return { kind: 'alias', offset: start, end, target: this.#target(node.source, start) };
    const prop = props.find(({ type }) => type === 'anchor' || type === 'tag');
    const offset = prop ? Math.min(this.original(prop.offset), start) : start;
    const { anchor } = node;
    if (anchor === undefined) return this.#content(node, offset, end);
    this.#open.add(anchor);
    const read = this.#content(node, offset, end);
    this.#open.delete(anchor);
    this.#anchors.set(anchor, read);
    return read;
  }

  #target(name: string, offset: number): SourceNode {
    const target = this.#anchors.get(name);
    if (target && !this.#open.has(name)) return target;
    const problem = this.#open.has(name)
      ? `anchor '${name}' value contains itself`
      : `unknown anchor '${name}' referenced`;
    throw this.#syntax(problem, offset);
  }

  #syntax(problem: string, offset: number): InputError {
    return new InputError('yaml-syntax', `yaml: ${problem}`, this.lines.position(offset));
  }

  #content(node: Node, offset: number, end: number): SourceNode {
    const tag = 'tag' in node && typeof node.tag === 'string' ? { tag: node.tag } : {};
    if (isMap(node)) {
      const map: SourceNode = { kind: 'map', offset, end, entries: [], ...tag };
      for (const pair of node.items)
        map.entries.push(this.#entry(pair as Pair<Node | null, Node | null>, offset, node.flow));
      return map;
    }
    if (isSeq(node)) {
      const list: SourceNode = { kind: 'list', offset, end, items: [], ...tag };
      const tokens = node.srcToken && 'items' in node.srcToken ? node.srcToken.items : [];
      node.items.forEach((item, index) => {
        list.items.push(this.#item(item as Node | Pair<Node | null, Node | null>, tokens[index]?.start ?? [], offset));
      });
      return list;
    }
    const scalar: SourceNode = { kind: 'scalar', offset, end, value: '', plain: true, ...tag };
    if (isScalar(node)) {
      // The library decodes what has a tag such as `!!binary`.
      scalar.value = typeof node.value === 'string' ? node.value : (node.source ?? '');
      scalar.plain = node.type === 'PLAIN';
      if (LONE_SURROGATE.test(scalar.value)) throw this.#syntax('found invalid Unicode character escape code', offset);
    }
    return scalar;
  }

  /** An item of a flow list may be a single pair, `[a: b]`. */
  #item(item: Node | Pair<Node | null, Node | null>, props: CST.SourceToken[], offset: number): SourceNode {
    if (!('key' in item)) return this.node(item, props, 'seq-item-ind');
    const entry = this.#entry(item, offset, true);
    return { kind: 'map', offset: entry.key.offset, end: entry.value.end, entries: [entry] };
  }

  #entry(pair: Pair<Node | null, Node | null>, offset: number, flow = false): MapEntry {
    const token = pair.srcToken;
    const key: SourceNode = pair.key
      ? this.node(pair.key, token?.start ?? [])
      : { kind: 'scalar', offset, end: offset, value: '', plain: true };
    const value: SourceNode = pair.value
      ? this.node(pair.value, token?.sep ?? [], flow ? undefined : 'map-value-ind')
      : { kind: 'scalar', offset: key.end, end: key.end, value: '', plain: true };
    return { key, name: key.kind === 'scalar' ? key.value : aliasText(key), value };
  }
}

type Indicator = 'map-value-ind' | 'seq-item-ind';

function rangeOf(node: Node, props: readonly CST.SourceToken[], indicator?: Indicator): [number, number] {
  const [start, end] = node.range ?? [0, 0, 0];
  const bare = isScalar(node) && node.source === '' && node.type === 'PLAIN' && !node.anchor && !node.tag;
  if (!bare) return [start, end];
  const before = props.find(({ type }) => type === indicator);
  return before ? [before.offset + 1, before.offset + 1] : [start, end];
}

function aliasText(key: SourceNode): string {
  return key.kind === 'alias' && key.target.kind === 'scalar' ? key.target.value : '';
}
