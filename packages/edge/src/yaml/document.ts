import { Composer, isAlias, isMap, isScalar, isSeq, Parser, type Document, type Node, type YAMLError } from 'yaml';

/** A place in a text; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

interface Located {
  /** Offsets into the text of the source, in UTF-16 units. */
  offset: number;
  end: number;
}

export interface ScalarNode extends Located {
  kind: 'scalar';
  value: string;
  /** Without quotes and not a block, so that it may be a number, a boolean or null. */
  plain: boolean;
  tag?: string;
}

export interface MapNode extends Located {
  kind: 'map';
  entries: MapEntry[];
}

export interface MapEntry {
  key: YamlNode;
  /** The key as text; empty when it is no scalar. */
  name: string;
  value: YamlNode;
}

export interface ListNode extends Located {
  kind: 'list';
  items: YamlNode[];
}

/** `*name`; its target may be shared by many. */
export interface AliasNode extends Located {
  kind: 'alias';
  target: YamlNode;
}

export type YamlNode = ScalarNode | MapNode | ListNode | AliasNode;

/** A text that is no YAML. The message is that of the reference's YAML library. */
export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError';
  readonly code = 'YAML_SYNTAX';

  constructor(
    message: string,
    readonly position: Position,
    /** What the problem is in our words. */
    readonly detail: string,
  ) {
    super(message);
  }
}

/** A text and where its lines begin. */
export class YamlSource {
  #lineStarts: number[] | undefined;

  constructor(readonly text: string) {}

  /** The position of an offset. */
  positionOf(offset: number): Position {
    const starts = this.#lines();
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  #lines(): number[] {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1))
        this.#lineStarts.push(at + 1);
    }
    return this.#lineStarts;
  }
}

/**
 * Reads the first document of a text, as the reference generators do: what follows is not even looked at. Undefined when
 * there is none. Throws YamlSyntaxError.
 */
export function readFirstDocument(source: YamlSource): YamlNode | undefined {
  for (const node of readDocuments(source)) return node;
  return undefined;
}

/** Reads all documents of a text, one after the other; undefined stands for an empty one. Throws YamlSyntaxError. */
export function* readDocuments(source: YamlSource): Generator<YamlNode | undefined> {
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, strict: false, logLevel: 'silent' });
  try {
    for (const document of composer.compose(new Parser().parse(source.text))) {
      const [problem] = document.errors;
      if (problem !== undefined) throw syntaxError(problem, source);
      yield convertDocument(document, source);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new YamlSyntaxError(
      'yaml: exceeded max depth of 10000',
      { line: 1, column: 1 },
      'the document is nested too deeply',
    );
  }
}

type AnyDocument = Document.Parsed | Document;

function convertDocument(document: AnyDocument, source: YamlSource): YamlNode | undefined {
  if (document.contents === null) return undefined;
  const anchors = new Map<string, YamlNode>();
  const open = new Set<string>();

  function convert(node: Node | null, at: number): YamlNode {
    if (node === null) return emptyScalar(at);
    const [start = at, end = at] = node.range ?? [];
    if (isAlias(node)) return { kind: 'alias', target: targetOf(node.source, start), offset: start, end };
    const anchor = 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined) open.add(anchor);
    const made = convertContent(node, start, end);
    if (anchor !== undefined) {
      open.delete(anchor);
      anchors.set(anchor, made);
    }
    return made;
  }

  function convertContent(node: Node, start: number, end: number): YamlNode {
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => {
        const converted = convert(key as Node | null, start);
        return { key: converted, name: nameOf(converted), value: convert(value as Node | null, converted.end) };
      });
      return { kind: 'map', entries, offset: start, end };
    }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => convert(item as Node | null, start)), offset: start, end };
    if (!isScalar(node)) return emptyScalar(start);
    const value = typeof node.value === 'string' ? node.value : '';
    const tag = node.tag === undefined ? {} : { tag: node.tag };
    return { kind: 'scalar', value, plain: node.type === 'PLAIN', ...tag, offset: start, end };
  }

  function targetOf(name: string, offset: number): YamlNode {
    const target = anchors.get(name);
    if (target !== undefined) return target;
    const message = open.has(name) ? `anchor '${name}' value contains itself` : `unknown anchor '${name}' referenced`;
    throw new YamlSyntaxError(`yaml: ${message}`, source.positionOf(offset), message);
  }

  return convert(document.contents, 0);
}

function emptyScalar(at: number): ScalarNode {
  return { kind: 'scalar', value: '', plain: true, offset: at, end: at };
}

function nameOf(key: YamlNode): string {
  const node = key.kind === 'alias' ? key.target : key;
  return node.kind === 'scalar' ? node.value : '';
}

const SCANNER_WORDS = /^(?:found|could not find|mapping values)/;

/** The words of the reference's library for what ours found. */
function syntaxError(problem: YAMLError, source: YamlSource): YamlSyntaxError {
  const position = source.positionOf(problem.pos[0]);
  const detail = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? problem.message;
  const words = libraryWords(problem, source);
  // The library counts the lines of its parser from 0 and those of its scanner from 1, and leaves the first one out.
  const line = SCANNER_WORDS.test(words) ? (position.line > 1 ? position.line : 0) : position.line - 1;
  return new YamlSyntaxError(`yaml: ${line > 0 ? `line ${line}: ` : ''}${words}`, position, detail);
}

function libraryWords(problem: YAMLError, source: YamlSource): string {
  const { code, message } = problem;
  if (code === 'TAB_AS_INDENT' || /^Plain value cannot start with/.test(message)) {
    return 'found character that cannot start any token';
  }
  if (code === 'BAD_ALIAS') return message;
  if (/flow map/i.test(message)) return "did not find expected ',' or '}'";
  if (/flow sequence/i.test(message)) return "did not find expected ',' or ']'";
  if (/closing .*quote/i.test(message)) return 'found unexpected end of stream';
  if (/Implicit keys need to be on a single line|Implicit map keys need to be followed/.test(message)) {
    return "could not find expected ':'";
  }
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return 'mapping values are not allowed in this context';
  if (/^---|\n---/.test(source.text.slice(problem.pos[0], problem.pos[0] + 4)))
    return 'did not find expected <document start>';
  return 'did not find expected key';
}
