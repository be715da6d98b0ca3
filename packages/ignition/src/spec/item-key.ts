import type { FieldType } from '../schema/field.js';
import { structOf } from '../schema/structs.js';
import type { JsonObject, JsonValue } from './decode.js';

/** By what an item of a list is told apart from the others (edge.md 2.1). */
export function itemKey(item: JsonValue, type: FieldType): string {
  if (typeof item !== 'object') return String(item);
  if (Array.isArray(item) || type.kind !== 'list') return '';
  if (type.struct === 'Partition') return partitionKey(item);
  const value = item[structOf(type.struct).key ?? ''];
  return typeof value === 'string' ? value : '';
}

/** The number counts, and without one the label. */
function partitionKey({ number, label }: JsonObject): string {
  if (typeof number === 'number' && number !== 0) return `number:${number}`;
  return typeof label === 'string' ? `label:${label}` : '';
}
