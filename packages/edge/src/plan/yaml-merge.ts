import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { PlanError } from './plan-error.js';
import {
  flowText,
  indented,
  isWantedList,
  listItem,
  plain,
  sameScalar,
  type Wanted,
  type WantedList,
} from './wanted.js';
import { yamlText } from './yaml-text.js';

interface Splice {
  start: number;
  end: number;
  text: string;
  /** Of lines that are put in at the same place, those of inner collections come first. */
  indent: number;
}

/**
 * Changes a document of a YAML text so that it holds what is wanted, and nothing else of the text: comments, order, quotes and
 * indents stay. A text that holds it already comes back unchanged.
 * @param index which document of the text
 * @throws PlanError where something wanted cannot be put, such as a map in place of a list
 */
export function mergeIntoYaml(text: string, index: number, wanted: { [key: string]: Wanted }): string {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent', prettyErrors: false });
  const document = Array.isArray(documents) ? documents[index] : undefined;
  const root = document?.contents;
  if (document === undefined || document.errors.length > 0 || !isMap(root)) {
    throw new PlanError('the YAML to change is not one that can be read as a map');
  }
  const editor = new Editor(text);
  editor.map(root, wanted, '');
  return editor.result();
}

class Editor {
  private readonly splices: Splice[] = [];

  constructor(private readonly text: string) {}

  result(): string {
    const lineEnd = this.text.includes('\r\n') ? '\r\n' : '\n';
    let text = '';
    let from = 0;
    for (const { start, end, text: more } of this.splices.sort((a, b) => a.start - b.start || compareIndents(b, a))) {
      text += this.text.slice(from, start) + more.replaceAll('\n', lineEnd);
      from = end;
    }
    return text + this.text.slice(from);
  }

  map(map: YAMLMap, wanted: { [key: string]: Wanted }, path: string): void {
    this.unshared(map, path, () => this.mapItself(map, wanted, path));
  }

  /** What an alias repeats elsewhere would change there, too. */
  private unshared({ anchor }: YAMLMap | YAMLSeq, path: string, change: () => void): void {
    const before = this.splices.length;
    change();
    if (anchor === undefined || this.splices.length === before) return;
    throw new PlanError(`${path} has the anchor &${anchor}, by which other places use it; write it out there`, path);
  }

  private mapItself(map: YAMLMap, wanted: { [key: string]: Wanted }, path: string): void {
    const missing: [string, Wanted][] = [];
    for (const [key, value] of Object.entries(wanted)) {
      const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) missing.push([key, value]);
      else this.pair(map, pair, value, path === '' ? key : `${path}.${key}`);
    }
    if (missing.length > 0) this.append(map, missing);
  }

  private pair(map: YAMLMap, pair: Pair, wanted: Wanted, path: string): void {
    const { value } = pair;
    if (isAlias(value)) throw new PlanError(`${path} is an alias; write it out before it can be changed`, path);
    if (isWantedList(wanted)) {
      if (isSeq(value)) this.unshared(value, path, () => this.list(value, wanted, path));
      else if (isEmpty(value)) this.replaceValue(map, pair, wanted, path);
      else throw new PlanError(`${path} is no list`, path);
    } else if (Array.isArray(wanted)) {
      const present = isSeq(value) ? (value.toJSON() as unknown) : undefined;
      if (JSON.stringify(present) !== JSON.stringify(wanted)) this.replaceValue(map, pair, wanted, path);
    } else if (typeof wanted === 'object' && wanted !== null) {
      if (isMap(value)) this.map(value, wanted, path);
      else if (isEmpty(value)) this.replaceValue(map, pair, wanted, path);
      else throw new PlanError(`${path} is no map`, path);
    } else if (isCollection(value)) {
      throw new PlanError(`${path} is a ${isMap(value) ? 'map' : 'list'}, not a single value`, path);
    } else if (!isScalar(value) || !sameScalar(value.value, wanted)) this.replaceValue(map, pair, wanted, path);
  }

  private list(list: YAMLSeq, { items, by, areThere }: WantedList, path: string): void {
    const missing: WantedList['items'] = [];
    for (const item of items) {
      if (typeof item === 'string') {
        if (!list.items.some((node) => isScalar(node) && node.value === item)) missing.push(item);
        continue;
      }
      const index = list.items.findIndex((node) => isMap(node) && by.every((key) => node.get(key) === item[key]));
      const found = list.items[index];
      if (isMap(found)) this.map(found, item, `${path}[${index}]`);
      else if (areThere) {
        const keys = by.map((key) => `${key} ${JSON.stringify(item[key])}`).join(', ');
        throw new PlanError(
          `${path}: the entry with ${keys} is not written out (an alias or a merge key); write it out`,
          path,
        );
      } else missing.push(item);
    }
    if (missing.length === 0) return;
    if (list.flow)
      this.appendFlow(
        list,
        missing.map((item) => flowText(item)),
      );
    else {
      const indent = this.columnOf(rangeOf(list)[0]);
      this.insertAfter(list, missing.map((item) => listItem(item, indent)).join(''));
    }
  }

  private append(map: YAMLMap, missing: [string, Wanted][]): void {
    if (map.flow) {
      const first = map.items[0]?.key;
      const quoted = isScalar(first) && first.type === 'QUOTE_DOUBLE';
      const keyText = (key: string) => (quoted || !/^[A-Za-z][\w-]*$/.test(key) ? JSON.stringify(key) : key);
      this.appendFlow(
        map,
        missing.map(([key, value]) => `${keyText(key)}: ${flowText(value)}`),
      );
      return;
    }
    const indent = this.columnOf(rangeOf(map)[0]);
    this.insertAfter(map, missing.map(([key, value]) => indented(yamlText({ [key]: plain(value) }), indent)).join(''));
  }

  /** Into `{…}` or `[…]`, behind the last entry. */
  private appendFlow(node: YAMLMap | YAMLSeq, entries: string[]): void {
    const last = node.items.at(-1);
    const at = last === undefined ? rangeOf(node)[0] + 1 : endOf(last);
    this.splice(at, at, `${last === undefined ? '' : ', '}${entries.join(', ')}`);
  }

  /** As new lines behind the last line of a block collection's own content; comments behind it stay behind. */
  private insertAfter(node: YAMLMap | YAMLSeq, lines: string): void {
    const end = endOf(node.items.at(-1));
    const isLineStart = this.text[end - 1] === '\n';
    const lineEnd = isLineStart ? end - 1 : this.text.indexOf('\n', end);
    const at = lineEnd === -1 ? this.text.length : lineEnd + 1;
    this.splice(at, at, lineEnd === -1 ? `\n${lines}` : lines, this.columnOf(rangeOf(node)[0]));
  }

  private replaceValue(map: YAMLMap, pair: Pair, wanted: Wanted, path: string): void {
    const [keyStart, keyEnd] = rangeOf(pair.key);
    const colon = this.text.indexOf(':', keyEnd);
    const value = pair.value as Node | null;
    const [start, end] = value?.range && value.range[1] > value.range[0] ? rangeOf(value) : [colon + 1, colon + 1];
    if (value !== null && 'anchor' in value && value.anchor !== undefined) {
      throw new PlanError(
        `${path} has the anchor &${value.anchor}, by which other places use it; write it out there`,
        path,
      );
    }
    // Something that is no value stands between, such as a comment.
    const between = this.text.slice(colon + 1, start).trim() !== '';
    if (map.flow || between) {
      this.splice(start, end, `${start === colon + 1 ? ' ' : ''}${flowText(wanted)}`);
      return;
    }
    const column = this.columnOf(keyStart);
    const block = indented(yamlText({ x: plain(wanted) }), column).slice(column + 'x:'.length);
    const comment = /^[|>][-+\d]*( +#[^\n]*)/.exec(this.text.slice(start, end))?.[1];
    const text = comment === undefined ? block : block.replace('\n', `${comment}\n`);
    // The value begins on the key's line also where the old one stood below it.
    this.splice(colon + 1, end, this.text[end - 1] === '\n' && end > start ? text : text.replace(/\n$/, ''));
  }

  private splice(start: number, end: number, text: string, indent = Infinity): void {
    this.splices.push({ start, end, text, indent });
  }

  private columnOf(offset: number): number {
    return offset - (this.text.lastIndexOf('\n', offset - 1) + 1);
  }
}

function compareIndents(a: Splice, b: Splice): number {
  return a.indent === b.indent ? 0 : a.indent - b.indent;
}

function rangeOf(node: unknown): [number, number] {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  if (!range) throw new PlanError('the YAML to change has a part without a place');
  return [range[0], range[1]];
}

function endOf(item: unknown): number {
  const node = item as Pair | Node;
  if ('key' in node) {
    const value = node.value as Node | null;
    return value?.range ? endOf(value) : rangeOf(node.key)[1] + 1;
  }
  if (isCollection(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1));
  return rangeOf(node)[1];
}

function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === null);
}
