import { Float, type Value } from './value.js';

/**
 * Compares keys as the reference's YAML encoder sorts them: numbers by value before strings, and strings with their digits
 * read as numbers, so that `a9` comes before `a10`; letters come after everything else, but end a run of digits.
 */
export function compareKeys(a: Value, b: Value): number {
  const [left, right] = [numeric(a), numeric(b)];
  if (left !== undefined && right !== undefined) {
    return left - right || Number(typeof b === 'boolean') - Number(typeof a === 'boolean');
  }
  if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1;
  return compareText(typeof a === 'string' ? a : '', typeof b === 'string' ? b : '');
}

function numeric(key: Value): number | undefined {
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return Number(key);
  return key instanceof Float ? key.value : undefined;
}

function compareText(a: string, b: string): number {
  let digits = false;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    const [xLetter, yLetter] = [isLetter(a, i), isLetter(b, i)];
    if (xLetter && yLetter) return x - y;
    if (xLetter || yLetter) return digits === xLetter ? -1 : 1;
    return compareNumbers(a, b, i) || x - y;
  }
  return a.length - b.length;
}

/** Compares the digits from `at` on. A zero after other digits does not count as a leading one. */
function compareNumbers(a: string, b: string, at: number): number {
  let start = 0;
  if (a[at] === '0' || b[at] === '0') {
    for (let j = at - 1; j >= 0 && isDigit(a.charCodeAt(j)); j--) {
      if (a[j] !== '0') start = 1;
    }
  }
  const [x, y] = [digitsFrom(a, at, start), digitsFrom(b, at, start)];
  return x.value === y.value ? x.end - y.end : x.value < y.value ? -1 : 1;
}

function digitsFrom(text: string, at: number, start: number): { value: number; end: number } {
  let value = start;
  let end = at;
  for (; end < text.length && isDigit(text.charCodeAt(end)); end++) value = value * 10 + text.charCodeAt(end) - 48;
  return { value, end };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 128) return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return /\p{L}/u.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}
