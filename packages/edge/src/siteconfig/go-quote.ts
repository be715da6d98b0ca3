import { Float, type Value } from '../yaml/value.js';

const CONTROLS: Record<number, string> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  39: "\\'",
  92: '\\\\',
};

/** A value as Go's verb `%q` prints it, which the messages of the reference are made with; `%!q(<nil>)` for none. */
export function quoted(value: Value | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return `'${character(value)}'`;
  if (typeof value === 'boolean') return `%!q(bool=${value})`;
  if (value instanceof Float) return `%!q(float64=${value.value})`;
  return value === null || value === undefined ? '%!q(<nil>)' : `a ${Array.isArray(value) ? 'list' : 'map'}`;
}

/** An integer stands for the character with this number. */
function character(code: number): string {
  const control = CONTROLS[code];
  if (control !== undefined) return control;
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return '\ufffd';
  return code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCodePoint(code);
}
