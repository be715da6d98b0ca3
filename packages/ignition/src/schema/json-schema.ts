import { EXPERIMENTAL_LEVEL, type Field, type FieldType, type Level } from './field.js';
import { fieldsOf } from './structs.js';
import type { Dialect } from './variants.js';

/** A JSON schema (draft 7, which editors read). */
export interface JsonSchema {
  [keyword: string]: unknown;
}

/** The schema of a Butane config of that dialect, for editors; from the same table as everything else. */
export function butaneSchema(dialect: Dialect): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const root = objectSchema(dialect.sections, dialect.level, definitions);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Butane config, variant ${dialect.variant}, version ${dialect.version}`,
    ...root,
    properties: {
      ...(root.properties as JsonSchema),
      variant: { const: dialect.variant },
      version: { const: dialect.version },
    },
    required: ['variant', 'version', ...(dialect.variant === 'openshift' ? ['metadata'] : [])],
    definitions,
  };
}

function objectSchema(fields: readonly Field[], level: Level, definitions: Record<string, JsonSchema>): JsonSchema {
  const required = fields.filter(({ plainUntil }) => plainUntil === EXPERIMENTAL_LEVEL).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, level, definitions)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function fieldSchema({ type, about }: Field, level: Level, definitions: Record<string, JsonSchema>): JsonSchema {
  return { ...typeSchema(type, level, definitions), ...(about === undefined ? {} : { description: about }) };
}

function typeSchema(type: FieldType, level: Level, definitions: Record<string, JsonSchema>): JsonSchema {
  switch (type.kind) {
    case 'struct':
      return reference(type.struct, level, definitions);
    case 'list':
      return { type: 'array', items: reference(type.struct, level, definitions) };
    case 'strings':
      return { type: 'array', items: { type: 'string' } };
    case 'labels':
      return { type: 'object', additionalProperties: { type: 'string' } };
    default:
      return { type: type.kind };
  }
}

function reference(struct: string, level: Level, definitions: Record<string, JsonSchema>): JsonSchema {
  if (!(struct in definitions)) {
    definitions[struct] = {};
    definitions[struct] = objectSchema(fieldsOf(struct, level), level, definitions);
  }
  // Draft 7 ignores what stands beside a reference, so that a description needs a list around it.
  return { allOf: [{ $ref: `#/definitions/${struct}` }] };
}
