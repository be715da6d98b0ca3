import type { Schema } from '@longshore/kube';

const names = new WeakMap<Schema, string>();

/** Gives a schema the name under which OpenAPI documents list it (`io.k8s.api.core.v1.PodSpec`). Returns the schema. */
export function named(name: string, schema: Schema): Schema {
  names.set(schema, name);
  return schema;
}

export function nameOf(schema: Schema): string | undefined {
  return names.get(schema);
}
