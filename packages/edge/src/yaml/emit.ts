import { compareKeys } from './key-order.js';
import { isAmbiguous } from './resolve-scalar.js';
import { Float, MixedKeys, Timestamp, type Value } from './value.js';

/**
 * Writes a value as the reference generators do (the Go YAML library with its indent of 4): block style, keys sorted unless
 * the value is a Map, multi-line strings as literal blocks, quotes only where needed, no folding. Ends with a line feed.
 */
export function emitYaml(value: Value): string {
  const lines: string[] = [];
  const inline = scalarText(value, STEP, STEP);
  if (inline !== undefined) return `${inline}\n`;
  writeCollection(value, { indent: 0, first: '' }, lines);
  return `${lines.join('\n')}\n`;
}

/** Where a collection begins: its column, and what stands before its first line's text. */
interface Place {
  indent: number;
  first: string;
}

const STEP = 4;
const nextIndent = (indent: number) => STEP * Math.floor((indent + STEP) / STEP);

function writeCollection(value: Value, place: Place, lines: string[]): void {
  if (Array.isArray(value)) writeSequence(value, place, lines);
  else writeMapping(entriesOf(value), place, lines);
}

function writeSequence(items: readonly Value[], { indent, first }: Place, lines: string[]): void {
  const pad = ' '.repeat(indent);
  items.forEach((item, index) => {
    const lead = `${index === 0 ? first : pad}- `;
    const text = scalarText(item, indent + 2, 2);
    if (text === undefined) writeCollection(item, { indent: indent + 2, first: lead }, lines);
    else lines.push(lead + text);
  });
}

function writeMapping(entries: readonly (readonly [string, Value])[], { indent, first }: Place, lines: string[]): void {
  const pad = ' '.repeat(indent);
  const below = nextIndent(indent);
  entries.forEach(([key, value], index) => {
    const start = index === 0 ? first : pad;
    const long = isLong(key);
    if (long) lines.push(`${start}? ${key}`);
    const lead = long ? `${pad}:` : `${start}${key}:`;
    const text = scalarText(value, below, below - indent);
    if (text !== undefined) lines.push(`${lead} ${text}`);
    else if (long) writeCollection(value, { indent: below, first: lead.padEnd(below) }, lines);
    else {
      lines.push(lead);
      writeCollection(value, { indent: below, first: ' '.repeat(below) }, lines);
    }
  });
}

/** The longest key that stands on one line with its value, in bytes without quotes. */
const MAX_SIMPLE_KEY = 128;

function isLong(key: string): boolean {
  return Buffer.byteLength(key) > MAX_SIMPLE_KEY + (/^['"]/.test(key) ? 2 : 0);
}

/** The pairs of a mapping in output order, with the text of each key. */
function entriesOf(value: Value): (readonly [string, Value])[] {
  if (value instanceof Map) return [...value].map(([key, item]) => [keyText(key), item] as const);
  if (value instanceof MixedKeys) {
    const sorted = [...value.entries].sort(([a], [b]) => compareKeys(a, b));
    return sorted.map(
      ([key, item]) => [typeof key === 'string' ? keyText(key) : (scalarText(key, 0, 0) ?? '?'), item] as const,
    );
  }
  const record = value as Record<string, Value>;
  return Object.keys(record)
    .sort(compareKeys)
    .map((key) => [keyText(key), record[key] ?? null] as const);
}

function keyText(key: string): string {
  if (/^[A-Za-z][\w./-]*$/.test(key) && !isAmbiguous(key)) return key;
  return key.includes('\n') || isAmbiguous(key) || key === '' ? doubleQuoted(key) : quotedAsNeeded(key);
}

/**
 * The text of a scalar or of an empty collection; undefined for what takes lines of its own. `indent` is the column of a
 * block's lines, `step` its distance from the column of the parent.
 */
function scalarText(value: Value, indent: number, step: number): string | undefined {
  if (typeof value === 'string') return stringText(value, indent, step);
  if (value === null) return 'null';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Timestamp) return value.text;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : undefined;
  if (value instanceof Map) return value.size === 0 ? '{}' : undefined;
  if (value instanceof MixedKeys) return value.entries.length === 0 ? '{}' : undefined;
  for (const _ in value) return undefined;
  return '{}';
}

const SAFE_WORD = /^[A-Za-z/][\w./-]*$/;

function stringText(text: string, indent: number, step: number): string {
  if (SAFE_WORD.test(text)) return isAmbiguous(text) ? `"${text}"` : text;
  if (text.includes('\n')) return blockAllowed(text) ? literal(text, indent, step) : doubleQuoted(text);
  return isAmbiguous(text) ? doubleQuoted(text) : quotedAsNeeded(text);
}

function quotedAsNeeded(text: string): string {
  if (plainAllowed(text)) return text;
  return /[\t\r\u0085\u2028\u2029]/.test(text) || UNPRINTABLE.test(text)
    ? doubleQuoted(text)
    : `'${text.replaceAll("'", "''")}'`;
}

/** What the encoder escapes: controls, lone surrogates, the byte order mark, and all beyond the Basic Multilingual Plane. */
const UNPRINTABLE = /[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;
const INDICATORS = /^[#,[\]{}&*!|>'"%@`]|^[?:-](?:$|[ \t])|^---|^\.\.\.|:(?:$|[ \t])|[ \t]#/;

function plainAllowed(text: string): boolean {
  if (text.startsWith(' ') || text.endsWith(' ')) return false;
  return !INDICATORS.test(text) && !/[\t\r\u0085\u2028\u2029]/.test(text) && !UNPRINTABLE.test(text);
}

/** A literal block cannot show spaces at the end of a line, and shows nothing unprintable. */
function blockAllowed(text: string): boolean {
  return !/ (?:[\n\r\u0085\u2028\u2029]|$)/.test(text) && !UNPRINTABLE.test(text);
}

function literal(text: string, indent: number, step: number): string {
  const hint = /^[ \n]/.test(text) ? String(step) : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const pad = ' '.repeat(indent);
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `|${hint}${chomp}\n${body
    .split('\n')
    .map((line) => (line === '' ? '' : pad + line))
    .join('\n')}`;
}

const ESCAPES: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const escape = ESCAPES[character];
    if (escape !== undefined && character !== '\u00a0') quoted += escape;
    else if (UNPRINTABLE.test(character) || character === '\ufeff') quoted += hexEscape(character.codePointAt(0) ?? 0);
    else quoted += character;
  }
  return `${quoted}"`;
}

function hexEscape(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A float as Go's shortest `%g` prints it: with an exponent of two digits from 10^6 on and below 10^-4. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return String(value);
}
