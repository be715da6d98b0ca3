import { Float, isFields, MixedKeys, Timestamp, type Value } from './value.js';

/** A value as Go's verb `%#v` prints it, which a message of the reference's YAML library is made with. */
export function goSyntax(value: Value): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Float) return String(value.value);
  if (value instanceof Timestamp) return value.text;
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  const isRecord = isFields(value);
  const entries =
    value instanceof MixedKeys ? value.entries : isRecord ? Object.entries(value).sort(byKey) : [...value];
  const pairs = entries.map(([key, item]) => `${goSyntax(key)}:${goSyntax(item)}`);
  return `map[${isRecord ? 'string' : 'interface {}'}]interface {}{${pairs.join(', ')}}`;
}

function byKey([a]: [string, Value], [b]: [string, Value]): number {
  return a < b ? -1 : 1;
}
