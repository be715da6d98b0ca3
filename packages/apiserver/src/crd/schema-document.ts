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
  /** Which part of the schema around it this is; undefined for the outermost. */
  part?: 'properties' | 'items' | 'additionalProperties' | 'not' | (typeof LISTED)[number];
  /** Of `properties`. */
  key?: string;
}

const LISTED = ['allOf', 'oneOf', 'anyOf'] as const;

/** The schemas of values inside the value: fields, items, values of maps. */
export function innerSchemas({ path, schema }: PlacedSchema): PlacedSchema[] {
  const { properties = {}, items, additionalProperties } = schema;
  const inner: Omit<PlacedSchema, 'path'>[] = Object.entries(properties).map(([key, child]) => {
    return { schema: child, part: 'properties', key };
  });
  if (items !== undefined) inner.push({ schema: items, part: 'items' });
  if (typeof additionalProperties === 'object')
    inner.push({ schema: additionalProperties, part: 'additionalProperties' });
  return inner.map((child) => ({ ...child, path: path + stepTo(child) }));
}

/** What leads from a schema to one of its {@link innerSchemas}. */
export function stepTo({ part, key }: Pick<PlacedSchema, 'part' | 'key'>): string {
  return key === undefined ? `.${part}` : `.properties[${key}]`;
}

/** Further schemas for the same value: `allOf` and its siblings. */
export function alternativeSchemas({ path, schema }: PlacedSchema): PlacedSchema[] {
  const listed = LISTED.flatMap((part) =>
    (schema[part] ?? []).map((child, at): PlacedSchema => ({ path: `${path}.${part}[${at}]`, schema: child, part })),
  );
  return schema.not === undefined ? listed : [{ path: `${path}.not`, schema: schema.not, part: 'not' }, ...listed];
}
