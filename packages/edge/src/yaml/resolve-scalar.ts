import { resolveScalar, type ScalarNode } from '@longshore/ignition';
import { Float, Timestamp, type Value } from './value.js';

/** The value of a scalar: typed when it is plain, else its text. */
export function scalarValue(node: ScalarNode): Value {
  const resolved = resolveScalar(node);
  switch (resolved.tag) {
    case '!!float':
      return floatValue(node.value, resolved.value);
    case '!!int':
      return Number.isSafeInteger(resolved.value) ? resolved.value : wideInteger(node.value);
    case '!!timestamp':
      return parseTimestamp(node.value) ?? node.value;
    default:
      return resolved.value;
  }
}

const SPECIAL_FLOAT = /^[-+]?\.(?:inf|nan)$/i;
const UNSIGNED = /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*)$/;

/** What is no signed integer of 64 bits: an unsigned one, a float, or, beyond all floats, the text. */
function floatValue(text: string, value: number): Value {
  if (SPECIAL_FLOAT.test(text)) return new Float(value);
  const digits = text.replaceAll('_', '');
  if (UNSIGNED.test(digits)) {
    const wide = wideInteger(digits);
    if (wide < 2n ** 64n) return wide;
  }
  const decimal = /^[-+]?0[xXbBoO]/.test(digits) ? Infinity : Number(digits);
  return Number.isFinite(decimal) ? new Float(decimal) : text;
}

/** An integer that a number cannot hold. */
function wideInteger(text: string): bigint {
  const digits = text.replaceAll('_', '').replace(/^([-+]?)0(?=\d)/, '$10o');
  return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits.replace('+', ''));
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)$/;

/** The forms of timestamps that the reference's library knows; undefined for others, which are strings. */
function parseTimestamp(text: string): Timestamp | undefined {
  const parts = DATE.exec(text) ?? DATE_TIME.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month = '', day = '', ...clock] = parts;
  const zone = clock[4] ?? 'Z';
  const [hour = '0', minute = '0', second = '0', fraction = ''] = clock[0] === undefined ? clock.slice(5) : clock;
  if (!isDate(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (part: string) => part.padStart(2, '0');
  const decimals = fraction.replace(/0+$/, '');
  const time = `${two(hour)}:${two(minute)}:${two(second)}${decimals && `.${decimals}`}`;
  return new Timestamp(`${year}-${two(month)}-${two(day)}T${time}${/^[-+]00:00$/.test(zone) ? 'Z' : zone}`);
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const OLD_BOOLEANS = /^(?:[yn]|yes|no|on|off)$/i;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;

/** Whether a string would be read back as something else without quotes, by this reader or by one of YAML 1.1. */
export function isAmbiguous(text: string): boolean {
  if (isOldBoolean(text) || BASE_60.test(text)) return true;
  const value = scalarValue({ kind: 'scalar', offset: 0, end: 0, value: text, plain: true });
  return typeof value !== 'string' || text === '<<';
}

function isOldBoolean(text: string): boolean {
  return OLD_BOOLEANS.test(text) && /^(?:[a-z]+|[A-Z][a-z]*|[A-Z]+)$/.test(text);
}
