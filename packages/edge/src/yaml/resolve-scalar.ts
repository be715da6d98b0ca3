import { Float, Timestamp, type Value } from './value.js';

const CONSTANTS = new Map<string, Value>([
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((text) => [text, new Float(NaN)] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((text) => [text, new Float(Infinity)] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((text) => [text, new Float(-Infinity)] as const),
]);

const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const MAX_NUMBER_LENGTH = 400;
const INT64 = { min: -(2n ** 63n), max: 2n ** 64n - 1n };

/**
 * The typed value of an unquoted scalar. The rules are those of the Go YAML library that the reference generators use: YAML
 * 1.2, and `0644` is octal as in 1.1. What fits no rule is a string.
 */
export function resolveScalar(text: string): Value {
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return constant;
  const first = text.charCodeAt(0);
  const digit = first >= 48 && first <= 57;
  const sign = first === 43 || first === 45;
  if (text.length > MAX_NUMBER_LENGTH || !(digit || sign || first === 46)) return text;
  if (first === 46) return FLOAT.test(text) ? new Float(Number(text)) : text;
  if (digit) {
    const time = parseTimestamp(text);
    if (time !== undefined) return time;
  }
  const plain = text.replaceAll('_', '');
  const integer = parseInteger(plain);
  if (integer !== undefined) return integer;
  return FLOAT.test(plain) ? new Float(Number(plain)) : text;
}

function parseInteger(text: string): number | bigint | undefined {
  const [, sign, prefix, digits] = /^([-+]?)(0[xX]|0[oO]|0[bB]|0(?=\d))?([\da-fA-F]+)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const base = { '0x': 16, '0o': 8, '0b': 2, '0': 8 }[(prefix ?? '').toLowerCase()] ?? 10;
  const allowed = { 16: /^[\da-fA-F]+$/, 10: /^\d+$/, 8: /^[0-7]+$/, 2: /^[01]+$/ }[base];
  if (allowed?.test(digits) !== true) return undefined;
  const magnitude = BigInt({ 16: '0x', 8: '0o', 2: '0b', 10: '' }[base] + digits);
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < INT64.min || value > INT64.max) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)$/;

function parseTimestamp(text: string): Timestamp | undefined {
  const date = DATE.exec(text);
  const parts = date ?? DATE_TIME.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month = '', day = ''] = parts;
  const [hour, minute, second] = [
    parts[4] ?? parts[9] ?? '0',
    parts[5] ?? parts[10] ?? '0',
    parts[6] ?? parts[11] ?? '0',
  ];
  const fraction = (parts[7] ?? parts[12] ?? '').replace(/0+$/, '');
  if (!isDate(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (part: string) => part.padStart(2, '0');
  const zone = parts[8] === '+00:00' || parts[8] === '-00:00' ? 'Z' : (parts[8] ?? 'Z');
  return new Timestamp(
    `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${fraction && `.${fraction}`}${zone}`,
  );
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const OLD_BOOLEANS = new Set([
  'y',
  'Y',
  'yes',
  'Yes',
  'YES',
  'on',
  'On',
  'ON',
  'n',
  'N',
  'no',
  'No',
  'NO',
  'off',
  'Off',
  'OFF',
]);
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;

/** Whether a string would be read back as something else without quotes, by this reader or by one of YAML 1.1. */
export function isAmbiguous(text: string): boolean {
  return typeof resolveScalar(text) !== 'string' || OLD_BOOLEANS.has(text) || text === '<<' || BASE_60.test(text);
}

/** The value of an old boolean such as `yes`, which a field of type boolean still takes. */
export function oldBoolean(text: string): boolean | undefined {
  return OLD_BOOLEANS.has(text) ? /^(?:y|on)/i.test(text) : undefined;
}
