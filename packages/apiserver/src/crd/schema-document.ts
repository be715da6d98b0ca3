import type { Schema } from '@longshore/kube';

/** A schema as it comes in a definition: with the parts of JSON schemas that are then refused. */
export interface SchemaDocument extends Schema {
  $ref?: string;
  id?: string;
  additionalItems?: unknown;
  definitions?: object;
  dependencies?: object;
  patternProperties?: object;
}

/** `spec.validation.openAPIV3Schema.properties[spec]` and the schema that is there. */
export interface PlacedSchema {
  path: string;
  schema: SchemaDocument;
}

/** The schemas of values inside the value: fields, items, values of maps. */
export function innerSchemas({ path, schema }: PlacedSchema): PlacedSchema[] {
  const { properties = {}, items, additionalProperties } = schema;
  const inner = Object.entries(properties).map(([key, child]) => ({
    path: `${path}.properties[${key}]`,
    schema: child,
  }));
  if (items !== undefined) inner.push({ path: `${path}.items`, schema: items });
  if (typeof additionalProperties === 'object') {
    inner.push({ path: `${path}.additionalProperties`, schema: additionalProperties });
  }
  return inner;
}

/** Further schemas for the same value: `allOf` and its siblings. */
export function alternativeSchemas({ path, schema }: PlacedSchema): PlacedSchema[] {
  const listed = (['allOf', 'oneOf', 'anyOf'] as const).flatMap((keyword) =>
    (schema[keyword] ?? []).map((child, at) => ({ path: `${path}.${keyword}[${at}]`, schema: child })),
  );
  return schema.not === undefined ? listed : [{ path: `${path}.not`, schema: schema.not }, ...listed];
}
