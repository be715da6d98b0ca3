import type { Schema } from '@longshore/kube';

interface Shared {
  name: string;
  /** The part as it was named first; what uses it may say more about the field that it is in. */
  base: Schema;
}

const names = new WeakMap<Schema, Shared>();

/** Gives a schema the name under which OpenAPI documents list it (`io.k8s.api.core.v1.PodSpec`). Returns the schema. */
export function named(name: string, schema: Schema): Schema {
  names.set(schema, { name, base: schema });
  return schema;
}

/** A schema that says more about the field than the shared part that it was made from. Returns the schema. */
export function namedLike(shared: Schema, schema: Schema): Schema {
  const known = names.get(shared);
  if (known) names.set(schema, known);
  return schema;
}

export function nameOf(schema: Schema): string | undefined {
  return names.get(schema)?.name;
}

/** The shared part and its name. */
export function sharedPart(schema: Schema): { name: string; base: Schema } | undefined {
  return names.get(schema);
}
