import type { Schema } from '@longshore/kube';
import * as s from '../schema/builder.js';
import { named } from '../schema/names.js';

export const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const PRESERVE = { 'x-kubernetes-preserve-unknown-fields': true } as const;
const json = new s.Field(named(`${APIEXTENSIONS}.JSON`, { description: 'Any JSON value.', ...PRESERVE }));
const schemaOrBool = new s.Field(
  named(`${APIEXTENSIONS}.JSONSchemaPropsOrBool`, {
    description: 'A schema, or whether there may be any.',
    ...PRESERVE,
  }),
);

const properties: Record<string, Schema> = {};

/** The schema of schemas (apiextensions/v1 JSONSchemaProps). It contains itself. */
export const jsonSchemaProps = new s.Field(
  named(`${APIEXTENSIONS}.JSONSchemaProps`, { type: 'object', description: 'A JSON schema.', properties }),
);

const schemas = (description: string) => s.listOf(jsonSchemaProps, description).atomic();
const schemaMap = (description: string) => s.mapOf(jsonSchemaProps, description);

const fields: s.Fields = {
  $ref: s.string('Not supported.'),
  $schema: s.string('Which standard the schema follows; not used.'),
  additionalItems: schemaOrBool.describe('Not supported.'),
  additionalProperties: schemaOrBool.describe('The schema of fields that are not in properties.'),
  allOf: schemas('Schemas that must all fit.'),
  anyOf: schemas('Schemas of which one must fit.'),
  default: json.describe('What an absent field becomes.'),
  definitions: schemaMap('Not supported.'),
  dependencies: s.mapOf(json, 'Not supported.'),
  description: s.string('What the value is for.'),
  enum: s.listOf(json, 'The only values.').atomic(),
  example: json.describe('A value as it may be.'),
  exclusiveMaximum: s.boolean('Whether the maximum itself is too much.'),
  exclusiveMinimum: s.boolean('Whether the minimum itself is too little.'),
  externalDocs: s.shared(`${APIEXTENSIONS}.ExternalDocumentation`, 'Where more is written.', {
    description: s.string('What is written there.'),
    url: s.string('Where it is.'),
  }),
  format: s.string('The form of a string or number: date-time, int32.'),
  id: s.string('Not supported.'),
  items: jsonSchemaProps.describe('The schema of the items of a list.'),
  maxItems: s.int64('The most items.'),
  maxLength: s.int64('The most characters.'),
  maxProperties: s.int64('The most fields.'),
  maximum: s.number('The highest number.'),
  minItems: s.int64('The fewest items.'),
  minLength: s.int64('The fewest characters.'),
  minProperties: s.int64('The fewest fields.'),
  minimum: s.number('The lowest number.'),
  multipleOf: s.number('What the number is a multiple of.'),
  not: jsonSchemaProps.describe('A schema that must not fit.'),
  nullable: s.boolean('Whether null is a value.'),
  oneOf: schemas('Schemas of which exactly one must fit.'),
  pattern: s.string('A regular expression (RE2) that a string must contain a match of.'),
  patternProperties: schemaMap('Not supported.'),
  properties: schemaMap('The schemas of the fields of an object.'),
  required: s.strings('Fields that must be there.').atomic(),
  title: s.string('A short name of the value.'),
  type: s.string('object, array, string, integer, number or boolean.'),
  uniqueItems: s.boolean('Must not be true.'),
  'x-kubernetes-embedded-resource': s.boolean('Whether the object has kind, version and metadata.'),
  'x-kubernetes-int-or-string': s.boolean('Whether the value is a whole number or a string.'),
  'x-kubernetes-list-map-keys': s.strings('Fields that tell the items of a map list apart.').atomic(),
  'x-kubernetes-list-type': s.string('atomic, set or map.'),
  'x-kubernetes-map-type': s.string('granular or atomic.'),
  'x-kubernetes-preserve-unknown-fields': s.boolean('Whether fields that no schema tells of are kept.'),
  'x-kubernetes-validations': s.listOf(json, 'CEL rules; not supported.'),
};
for (const [name, { schema }] of Object.entries(fields)) properties[name] = schema;
