import type { Schema } from '@longshore/kube';
import { isObject, setOwn, type JsonObject } from './json.js';

type Fill = (value: unknown) => void;

const fills = new WeakMap<Schema, Fill>();

/**
 * Puts in the defaults of a schema where a field is absent or is a null that may not be, and takes away the other nulls that
 * may not be (apiextensions, "Defaulting and Nullable"). Changes the value in place.
 */
export function applyDefaults(value: unknown, schema: Schema): void {
  fillOf(schema)(value);
}

function fillOf(schema: Schema): Fill {
  const known = fills.get(schema);
  if (known) return known;
  let compiled: Fill | undefined;
  const fill: Fill = (value) => (compiled ??= compile(schema))(value);
  fills.set(schema, fill);
  return fill;
}

const hasDefault = (schema: Schema) => schema.default !== undefined;

function compile(schema: Schema): Fill {
  const properties = new Map(
    Object.entries(schema.properties ?? {}).map(([name, child]) => [name, { schema: child, fill: fillOf(child) }]),
  );
  const defaulted = [...properties].filter(([, child]) => hasDefault(child.schema));
  const { additionalProperties, items } = schema;
  const others =
    typeof additionalProperties === 'object'
      ? { schema: additionalProperties, fill: fillOf(additionalProperties) }
      : undefined;
  const item = items && { schema: items, fill: fillOf(items) };

  const fillObject = (object: JsonObject) => {
    for (const [name, child] of defaulted) {
      if (!Object.hasOwn(object, name)) setOwn(object, name, structuredClone(child.schema.default));
    }
    for (const name of Object.keys(object)) {
      const child = properties.get(name) ?? others;
      if (!child) continue;
      if (object[name] === null && !child.schema.nullable) {
        if (!hasDefault(child.schema)) {
          delete object[name];
          continue;
        }
        setOwn(object, name, structuredClone(child.schema.default));
      }
      child.fill(object[name]);
    }
  };
  return (value) => {
    if (isObject(value)) fillObject(value);
    else if (Array.isArray(value) && item) {
      for (const [at, entry] of value.entries()) {
        if (entry === null && !item.schema.nullable && hasDefault(item.schema))
          value[at] = structuredClone(item.schema.default);
        item.fill(value[at]);
      }
    }
  };
}
