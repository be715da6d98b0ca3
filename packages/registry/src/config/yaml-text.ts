import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLParseError, YAMLWarning } from 'yaml';
import { Composer, CST, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import type { Place, ProblemList } from './config-error.js';
import type { ConfigValue, ListValue, MapEntry, MapValue, ScalarValue } from './config-value.js';

const MAX_BYTES = 1024 * 1024;
const MAX_TOKENS = 100_000;
const MAX_VALUES = 100_000;
const MAX_DEPTH = 50;
const MAX_INDENT = 200;
const MAX_ALIASES = 100;

/**
 * Reads one YAML 1.2 document into values that know where they were written. `placeAt` turns line and column (both
 * from 1) into a place. Undefined when the text holds no value, or when problems were found and added to `problems`.
 */
export function readYaml(
  text: string,
  placeAt: (line: number, column: number) => Place,
  problems: ProblemList,
): ConfigValue | undefined {
  const tooBig = findExcess(text);
  if (tooBig) {
    problems.add(placeAt(tooBig.line, 1), '', tooBig.text);
    return undefined;
  }
  const counter = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return placeAt(Math.max(line, 1), Math.max(col, 1));
  };
  const documents = compose(text, counter);
  const [document, second] = documents;
  if (second) problems.add(at(second.range[0]), '', 'a second document begins here; give one document');
  let broken = second !== undefined;
  for (const problem of documents.flatMap((each) => [...each.errors, ...each.warnings])) {
    problems.add(at(problem.pos[0]), '', `this is not valid YAML: ${describeError(problem)}`);
    broken = true;
  }
  if (broken || !document?.contents) return undefined;
  return new Reader(document, at, problems).read(document.contents, '');
}

function compose(text: string, counter: LineCounter): Document.Parsed[] {
  // Duplicate keys are found below: the library compares each key with all others, which takes a minute for a
  // megabyte of keys.
  const composer = new Composer({ schema: 'core', resolveKnownTags: false, uniqueKeys: false, prettyErrors: false });
  const tokens = new Parser(counter.addNewLine).parse(text);
  return Array.from<Document.Parsed>(composer.compose(tokens, false, text.length));
}

/** What the library says, without the pieces of the text that it quotes: they may be pieces of a secret. */
function describeError({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'TAG_RESOLVE_FAILED' || code === 'BAD_COLLECTION_TYPE') return 'a tag that means nothing here';
  if (code === 'BAD_DIRECTIVE') return 'a directive that means nothing here';
  if (code === 'BAD_DQ_ESCAPE') return 'an escape sequence that does not exist';
  const [first = ''] = message.split(/(?<=\w): /);
  return `${first.charAt(0).toLowerCase()}${first.slice(1, 200)}`;
}

/**
 * Says what in `text` is beyond any sensible configuration. The library composes by recursion, and a deep enough text
 * ends the process; so depth is measured on the tokens, before it.
 */
function findExcess(text: string): { line: number; text: string } | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return { line: 1, text: `the text is longer than ${MAX_BYTES} bytes` };
  }
  const indents = text.split('\n').findIndex((line) => line.length > MAX_INDENT && line.search(/\S/) > MAX_INDENT);
  if (indents >= 0) return { line: indents + 1, text: `more than ${MAX_INDENT} columns of indentation` };
  let tokens = 0;
  let line = 1;
  let flowDepth = 0;
  let blockDepth = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    switch (CST.tokenType(token)) {
      case 'newline':
        line += 1;
        blockDepth = 0;
        break;
      case 'flow-map-start':
      case 'flow-seq-start':
        flowDepth += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        flowDepth -= 1;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        blockDepth += flowDepth > 0 ? 0 : 1;
        break;
      default:
        line += token.split('\n').length - 1;
    }
    if (tokens > MAX_TOKENS) return { line, text: `more than ${MAX_TOKENS} YAML tokens` };
    if (flowDepth > MAX_DEPTH || blockDepth > MAX_DEPTH)
      return { line, text: `nested deeper than ${MAX_DEPTH} levels` };
  }
  return undefined;
}

/** Turns the library's nodes into values: follows aliases, merges `<<`, refuses duplicate keys. */
class Reader {
  private values = 0;
  private aliases = 0;
  /** The lists and mappings around the present node: an alias of one of them would never end. */
  private readonly open = new Set<Node>();

  constructor(
    private readonly document: Document.Parsed,
    private readonly at: (offset: number) => Place,
    private readonly problems: ProblemList,
  ) {}

  read(node: Node | null, path: string): ConfigValue | undefined {
    this.values += 1;
    if (!node || this.values > MAX_VALUES) {
      if (this.values === MAX_VALUES + 1) this.refuse(node, path, `more than ${MAX_VALUES} values, counting aliases`);
      return undefined;
    }
    if (isAlias(node)) return this.readAlias(node, path);
    if (isScalar(node)) return readScalar(node, this.placeOf(node));
    if (this.open.has(node)) return this.refuse(node, path, 'an alias stands inside the value that it names');
    this.open.add(node);
    const value = isMap<Node, Node | null>(node) ? this.readMap(node, path) : this.readList(node, path);
    this.open.delete(node);
    return value;
  }

  private readAlias(node: Alias, path: string): ConfigValue | undefined {
    this.aliases += 1;
    if (this.aliases > MAX_ALIASES) return this.refuse(node, path, `more than ${MAX_ALIASES} aliases`);
    const target = node.resolve(this.document);
    return target ? this.read(target, path) : this.refuse(node, path, 'an alias without an anchor before it');
  }

  private readList(node: Node, path: string): ListValue {
    const items = isSeq<Node>(node) ? node.items : [];
    const values = items.map((item, index) => this.read(item, `${path}[${index}]`));
    return { kind: 'list', place: this.placeOf(node), items: values.filter((value) => value !== undefined) };
  }

  private readMap(node: YAMLMap<Node, Node | null>, path: string): MapValue {
    const entries = new Map<string, MapEntry>();
    const merged: MapValue[] = [];
    for (const pair of node.items) {
      const place = this.placeOf(pair.key);
      const key = this.readKey(pair.key, path);
      if (key === undefined) continue;
      const keyPath = path === '' ? key : `${path}.${key}`;
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merged.push(...this.readMerge(pair, path));
      } else if (entries.has(key)) {
        this.problems.add(place, keyPath, 'this key was given before; keep one of the two');
      } else {
        entries.set(key, { place, value: this.read(pair.value, keyPath) ?? nothing(place) });
      }
    }
    for (const [key, entry] of merged.flatMap((source) => [...source.entries])) {
      if (!entries.has(key)) entries.set(key, entry);
    }
    return { kind: 'map', place: this.placeOf(node), entries };
  }

  private readKey(node: Node, path: string): string | undefined {
    const key = this.read(node, path);
    return key?.kind === 'scalar' && key.text !== '' ? key.text : this.refuse(node, path, 'a key must be a text');
  }

  private readMerge(pair: Pair<Node, Node | null>, path: string): MapValue[] {
    const value = this.read(pair.value, path);
    const sources = value?.kind === 'list' ? value.items : [value];
    const maps = sources.filter((source) => source?.kind === 'map');
    if (maps.length < sources.length) this.refuse(pair.key, path, '"<<" merges mappings; give an alias of a mapping');
    return maps;
  }

  private placeOf(node: Node | null): Place {
    return this.at(node?.range?.[0] ?? 0);
  }

  private refuse(node: Node | null, path: string, text: string): undefined {
    this.problems.add(this.placeOf(node), path, text);
    return undefined;
  }
}

function readScalar(node: Scalar, place: Place): ScalarValue {
  const { value } = node;
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  const quoted = node.type !== 'PLAIN' && node.type !== undefined && known !== null;
  const text = known === null ? '' : (node.source ?? String(known));
  return { kind: 'scalar', place, text: quoted ? String(known) : text, quoted, value: known };
}

function nothing(place: Place): ScalarValue {
  return { kind: 'scalar', place, text: '', quoted: false, value: null };
}
