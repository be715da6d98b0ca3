import { resolveScalar } from '../source/yaml-scalar.js';

/** A value of a YAML document. */
type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;

interface YamlMap {
  readonly [key: string]: YamlValue | undefined;
}

/** Words that YAML 1.1 readers take for booleans. */
const OLD_BOOLEANS = /^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;

const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;

/** YAML as the reference writes it: sorted keys, indented lists, literal blocks (edge.md 1.6). Ends with one line feed. */
export function encodeYaml(value: unknown): string {
  const lines: string[] = [];
  writeInto(lines, value as YamlValue, 0, '');
  return `${lines.join('\n')}\n`;
}

function writeInto(lines: string[], value: YamlValue, indent: number, lead: string): void {
  if (isList(value)) writeList(lines, value, indent, lead);
  else if (typeof value === 'object') writeMap(lines, value, indent, lead);
  else for (const line of scalarLines(value, indent, lead)) lines.push(line);
}

function writeList(lines: string[], list: readonly YamlValue[], indent: number, lead: string): void {
  if (list.length === 0) {
    lines.push(`${lead}[]`);
    return;
  }
  let before = startCollection(lines, indent, lead);
  for (const item of list) {
    writeInto(lines, item, indent + 2, `${before}- `);
    before = ' '.repeat(indent);
  }
}

function writeMap(lines: string[], map: YamlMap, indent: number, lead: string): void {
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .toSorted(naturally);
  if (keys.length === 0) {
    lines.push(`${lead}{}`);
    return;
  }
  let before = startCollection(lines, indent, lead);
  for (const key of keys) {
    writeInto(lines, map[key] ?? '', indent + 2, `${before}${flowText(key)}: `);
    before = ' '.repeat(indent);
  }
}

/** What the first entry begins with: the dash before it, or after a key a line of its own. */
function startCollection(lines: string[], indent: number, lead: string): string {
  if (!lead.endsWith(': ')) return lead;
  lines.push(lead.trimEnd());
  return ' '.repeat(indent);
}

function scalarLines(value: string | number | boolean, indent: number, lead: string): string[] {
  if (typeof value !== 'string') return [`${lead}${String(value)}`];
  if (value.includes('\n') && lead !== '' && mayBeLiteral(value)) return literalLines(value, indent, lead);
  return [`${lead}${flowText(value)}`];
}

function literalLines(value: string, indent: number, lead: string): string[] {
  const hint = /^[ \n]/.test(value) ? '2' : '';
  let ends = 0;
  while (value.at(-1 - ends) === '\n') ends++;
  const onlyFeeds = ends === value.length;
  const chomping = ends === 0 ? '-' : ends > 1 || onlyFeeds ? '+' : '';
  const body = ends === 0 ? value : value.slice(0, -1);
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${' '.repeat(indent)}${line}`));
  return [`${lead}|${hint}${chomping}`, ...lines];
}

/** Spaces before a line feed would get lost, and so would unprintable characters. */
function mayBeLiteral(value: string): boolean {
  return !/[ \t]\n/.test(value) && !/ $/.test(value) && !UNPRINTABLE.test(value);
}

function flowText(value: string): string {
  const resolved = resolveScalar({ kind: 'scalar', offset: 0, end: 0, value, plain: true });
  if (resolved.tag !== '!!str' || OLD_BOOLEANS.test(value) || isSexagesimal(value)) return JSON.stringify(value);
  if (UNPRINTABLE.test(value) || /[\n\t]/.test(value)) return JSON.stringify(value);
  return isPlain(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** Numbers of YAML 1.1 such as `190:20:30.15`. */
function isSexagesimal(value: string): boolean {
  if (!/^[-+]?[0-9][0-9_]*:/.test(value)) return false;
  const parts = value.split(':').slice(1);
  const last = parts.pop() ?? '';
  return parts.every((part) => /^[0-5]?[0-9]$/.test(part)) && /^[0-5]?[0-9](\.[0-9_]*)?$/.test(last);
}

/** What a reader takes for text without quotes. */
function isPlain(value: string): boolean {
  if (/^[\s,[\]{}#&*!|>'"%@`]/.test(value) || /^[-?:](\s|$)/.test(value)) return false;
  if (/^(---|\.\.\.)/.test(value)) return false;
  return !/:(\s|$)/.test(value) && !/\s#/.test(value) && !/\s$/.test(value);
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** Orders keys as the reference's encoder does: letters before other signs do not count, numbers by their size. */
export function naturally(one: string, other: string): number {
  const a = [...one];
  const b = [...other];
  let digits = false;
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [x = '', y = ''] = [a[at], b[at]];
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    const xLetter = isLetter(x);
    const yLetter = isLetter(y);
    if (xLetter && yLetter) return compare(x, y);
    if (xLetter || yLetter) {
      if (digits) return xLetter ? -1 : 1;
      return xLetter ? 1 : -1;
    }
    return compareNumbers(a, b, at) || compare(x, y);
  }
  return a.length - b.length;
}

function compareNumbers(a: string[], b: string[], at: number): number {
  let [x, y] = [a[at] ?? '', b[at] ?? ''];
  let [first, second] = [0, 0];
  if (x === '0' || y === '0') {
    for (let before = at - 1; before >= 0 && isDigit(a[before] ?? ''); before--) {
      if (a[before] !== '0') {
        [first, second] = [1, 1];
        break;
      }
    }
  }
  let end = at;
  while (end < a.length && isDigit(a[end] ?? '')) first = first * 10 + Number(a[end++]);
  let otherEnd = at;
  while (otherEnd < b.length && isDigit(b[otherEnd] ?? '')) second = second * 10 + Number(b[otherEnd++]);
  if (first !== second) return first - second;
  if (end !== otherEnd) return end - otherEnd;
  [x, y] = [a[at] ?? '', b[at] ?? ''];
  return compare(x, y);
}

function compare(one: string, other: string): number {
  return (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
}

function isDigit(character: string): boolean {
  return /^\p{Nd}$/u.test(character);
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}
