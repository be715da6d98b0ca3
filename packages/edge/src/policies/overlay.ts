import type { Path } from '../yaml/decode.js';
import { fields, isFields, type Fields, type Value } from '../yaml/value.js';
import { PolicyError } from './policy-error.js';

/**
 * Lays a template's values over those of a source file (edge.md 4.2) and returns the result; neither is changed. Maps are
 * merged, lists of maps are merged by index, everything else is replaced. Where the overlay has no value, a string that is
 * empty or begins with `$` is left out. Throws PolicyError when the two are of different types; `path` leads to the overlay.
 */
export function layOver(source: Fields, overlay: Fields | undefined, path: Path): Fields {
  const merged = fields();
  for (const key of Object.keys(source)) {
    const base = source[key] ?? null;
    const value = overlay?.[key] ?? null;
    if (value !== null) merged[key] = mergeValue(base, value, [...path, key]);
    else if (!isPlaceholder(base)) merged[key] = base;
  }
  for (const key of Object.keys(overlay ?? {})) {
    if (merged[key] === undefined || merged[key] === null) merged[key] = overlay?.[key] ?? null;
  }
  return merged;
}

/** A string that stands for a value that the template has to give. */
export function isPlaceholder(value: Value): boolean {
  return typeof value === 'string' && (value === '' || value.startsWith('$'));
}

function mergeValue(base: Value, value: Value, path: Path): Value {
  if (isFields(base)) return layOver(base, mapAt(value, path), path);
  if (!Array.isArray(base) || !isFields(base[0])) return value;
  if (!Array.isArray(value)) throw clash(value, 'a list', path);
  const merged = base.map((item, index) => {
    if (!isFields(item))
      throw new PolicyError(`${pathText(path)}: the list of the source file mixes maps and other values`, path, true);
    const over = value[index];
    return over === undefined ? item : layOver(item, mapAt(over, [...path, index]), [...path, index]);
  });
  for (let index = base.length; index < value.length; index++) {
    merged.push(mapAt(value[index] ?? null, [...path, index]));
  }
  return merged;
}

function mapAt(value: Value, path: Path): Fields {
  if (isFields(value)) return value;
  throw clash(value, 'a map', path);
}

function clash(value: Value, expected: string, path: Path): PolicyError {
  return new PolicyError(
    `${pathText(path)}: the source file has ${expected} here, the template ${nameOf(value)}`,
    path,
    true,
  );
}

function nameOf(value: Value): string {
  if (Array.isArray(value)) return 'a list';
  if (isFields(value)) return 'a map';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'boolean') return 'a boolean';
  return value === null ? 'null' : 'a number';
}

/** `spec.rules[0].name` */
export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
