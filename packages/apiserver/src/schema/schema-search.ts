import type { Schema } from '@longshore/kube';

/** A test for whether a schema, or one of those of the values inside, passes; what it found is remembered. */
export function searchFor(passes: (schema: Schema) => boolean): (schema: Schema) => boolean {
  const known = new WeakMap<Schema, boolean>();
  const search = (schema: Schema, above: Set<Schema>): boolean => {
    const found = known.get(schema);
    if (found !== undefined || above.has(schema)) return found ?? false;
    above.add(schema);
    const children = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
    const isFound = passes(schema) || children.some((child) => typeof child === 'object' && search(child, above));
    above.delete(schema);
    if (isFound || above.size === 0) known.set(schema, isFound);
    return isFound;
  };
  return (schema) => search(schema, new Set());
}
