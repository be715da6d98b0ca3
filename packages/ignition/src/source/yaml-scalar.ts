import type { ScalarNode } from './source-node.js';

/** What a plain scalar is by the rules of the reference's YAML reader: YAML 1.1 with the octals of 1.2 (edge.md 1.3). */
export type ScalarType =
  | { tag: '!!null'; value: null }
  | { tag: '!!bool'; value: boolean }
  | { tag: '!!int' | '!!float'; value: number }
  | { tag: '!!str' | '!!timestamp' | '!!merge'; value: string };

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE']);
const FALSES = new Set(['false', 'False', 'FALSE']);
const NUMBERS: [RegExp, number][] = [
  [/^[-+]?0[xX][0-9a-fA-F]+$/, 16],
  [/^[-+]?0[bB][01]+$/, 2],
  [/^[-+]?0[oO]?[0-7]+$/, 8],
  [/^[-+]?(0|[1-9][0-9]*)$/, 10],
];
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const SPECIAL_FLOAT = /^[-+]?\.(inf|Inf|INF)$/;
const TIMESTAMP = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]|$)/;
const MAX_INT = 2n ** 63n - 1n;

/** The type and the value of a scalar; quoted ones are strings. */
export function resolveScalar({ value, plain, tag }: ScalarNode): ScalarType {
  if (tag === 'tag:yaml.org,2002:str' || (!plain && tag === undefined)) return { tag: '!!str', value };
  if (NULLS.has(value)) return { tag: '!!null', value: null };
  if (TRUES.has(value)) return { tag: '!!bool', value: true };
  if (FALSES.has(value)) return { tag: '!!bool', value: false };
  if (value === '<<') return { tag: '!!merge', value };
  if (value === '.nan' || value === '.NaN' || value === '.NAN') return { tag: '!!float', value: NaN };
  if (SPECIAL_FLOAT.test(value)) return { tag: '!!float', value: value.startsWith('-') ? -Infinity : Infinity };
  if (!/^[-+.0-9]/.test(value)) return { tag: '!!str', value };
  if (TIMESTAMP.test(value)) return { tag: '!!timestamp', value };
  return resolveNumber(value) ?? { tag: '!!str', value };
}

/** `0850` is no octal number and becomes a float, as the reference has it. */
function resolveNumber(value: string): ScalarType | undefined {
  const digits = value.startsWith('.') ? value : value.replaceAll('_', '');
  for (const [form, base] of NUMBERS) {
    if (form.test(digits)) return integerOf(digits, base);
  }
  return FLOAT.test(digits) ? { tag: '!!float', value: Number(digits) } : undefined;
}

function integerOf(digits: string, base: number): ScalarType {
  const negative = digits.startsWith('-');
  const bare = digits.replace(/^[-+]/, '').replace(/^0[xXbBoO]/, '');
  const wide = bare.length > 13 ? BigInt(prefixOf(base) + bare) : undefined;
  if (wide !== undefined && wide > MAX_INT) return { tag: '!!float', value: Number(wide) };
  const size = wide === undefined ? Number.parseInt(bare, base) : Number(wide);
  return { tag: '!!int', value: negative ? -size : size };
}

function prefixOf(base: number): string {
  return { 16: '0x', 8: '0o', 2: '0b' }[base] ?? '';
}
