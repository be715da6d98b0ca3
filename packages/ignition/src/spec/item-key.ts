import type { FieldType } from '../schema/field.js';
import { structOf } from '../schema/structs.js';
import type { JsonObject, JsonValue } from './decode.js';

/** By what an item of a list is told apart from the others (edge.md 2.1). */
export function itemKey(item: JsonValue, type: FieldType): string {
  if (type.kind !== 'list') return String(item as string);
  const object = item as JsonObject;
  if (type.struct === 'Partition') return partitionKey(object);
  const value = object[structOf(type.struct).key ?? ''];
  return typeof value === 'string' ? value : '';
}

/** The number counts, and without one the label. */
export function partitionKey({ number, label }: JsonObject): string {
  if (typeof number === 'number' && number !== 0) return `number:${number}`;
  return typeof label === 'string' ? `label:${label}` : '';
}
