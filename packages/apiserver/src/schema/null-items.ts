import type { Schema } from '@longshore/kube';
import { isObject } from './json.js';

/**
 * Makes zero values of nulls in lists, as Go decodes them: `containers: [null]` is a container without a name, which the
 * validation then tells of. Types are right already. Changes the value in place.
 */
export function zeroNullItems(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    for (const [at, item] of value.entries()) {
      if (item === null) value[at] = zeroOf(items);
      else zeroNullItems(item, items);
    }
  } else if (isObject(value)) {
    const { properties = {}, additionalProperties } = schema;
    for (const [name, child] of Object.entries(value)) {
      const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      if (typeof known === 'object') zeroNullItems(child, known);
    }
  }
}

/** Null where null is the zero value: of times, and of what may be anything. */
function zeroOf(schema: Schema): unknown {
  const { type, format } = schema;
  if (schema['x-kubernetes-int-or-string']) return 0;
  if (schema['x-kubernetes-preserve-unknown-fields']) return null;
  if (format === 'quantity') return '0';
  if (format === 'date-time') return null;
  switch (type) {
    case 'object':
      return {};
    case 'array':
      return [];
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}
