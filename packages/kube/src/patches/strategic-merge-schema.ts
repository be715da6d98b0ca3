import type { Schema } from '../schema.js';

/** How a field is merged. */
export interface MergeStrategy {
  mergeObject: boolean;
  mergeList: boolean;
  mergeKey: string | undefined;
  /** Of the field's own fields, or of the list's items. */
  schema: Schema;
}

/** The parts of `metadata` that are merged other than by the rule; of every kind. */
const METADATA: Schema = {
  type: 'object',
  properties: {
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    ownerReferences: {
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
    },
  },
};

/** The schema of a whole object, `metadata` included. */
export function withMetadata(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, metadata: METADATA } };
}

/** What the schema says of a field. Fields that it does not know are merged as objects and replaced as lists. */
export function strategyOf(schema: Schema, field: string): MergeStrategy {
  const { properties = {}, additionalProperties } = schema;
  const rest = typeof additionalProperties === 'object' ? additionalProperties : {};
  const found = Object.hasOwn(properties, field) ? (properties[field] as Schema) : rest;
  const strategies = found['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return {
    mergeObject: !strategies.includes('replace'),
    mergeList: strategies.includes('merge'),
    mergeKey: found['x-kubernetes-patch-merge-key'],
    schema: found.items ?? found,
  };
}
