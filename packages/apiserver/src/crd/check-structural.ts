import { jsonEqual, type StatusCause } from '@longshore/kube';
import { firstOf, forbiddenField, invalidValue, MAX_CAUSES, requiredValue } from '../schema/field-error.js';
import { compilePattern } from '../schema/pattern.js';
import { alternativeSchemas, innerSchemas, stepTo, type PlacedSchema, type SchemaDocument } from './schema-document.js';

type Level = 'root' | 'item' | 'field';

const MISSING_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** What a schema inside `allOf` and its siblings may not say, as it says what a value is rather than what is valid. */
const NOT_IN_ALTERNATIVES: readonly [keyof SchemaDocument, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['externalDocs', 'must be undefined to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
];

/** Whether a schema is structural, so that pruning and defaulting are unambiguous (apiextensions, `schema/validation.go`). */
export function checkStructural(placed: PlacedSchema): StatusCause[] {
  const causes = [
    ...firstOf(MAX_CAUSES, checkInvariants(placed, 'root')),
    ...firstOf(MAX_CAUSES, checkCompleteness(placed, placed)),
  ];
  const text = ({ field = '', message = '' }: StatusCause) => `${field}: ${message}`;
  return causes.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

function* checkInvariants(placed: PlacedSchema, level: Level): Generator<StatusCause> {
  const { path, schema } = placed;
  if (schema.type === 'array' && schema.items === undefined) yield requiredValue(`${path}.items`, 'must be specified');
  for (const inner of innerSchemas(placed)) yield* checkInvariants(inner, inner.part === 'items' ? 'item' : 'field');
  if (level === 'root' && schema.additionalProperties !== undefined) {
    yield forbiddenField(`${path}.additionalProperties`, 'must not be used at the root');
  }
  yield* checkPattern(placed);
  for (const alternative of alternativesOf(placed)) yield* checkAlternative(alternative);
  yield* checkType(placed, level);
  yield* checkExtensions(placed);
  yield* checkMetaSchemas(placed, level);
}

/** Without the ways in which an integer or string is written. */
function alternativesOf(placed: PlacedSchema): PlacedSchema[] {
  const { anyOf, allOf } = placed.schema;
  const isKnown = ({ schema, part }: PlacedSchema) =>
    (part === 'anyOf' && jsonEqual(anyOf, INT_OR_STRING)) ||
    (schema === allOf?.[0] && jsonEqual(schema.anyOf, INT_OR_STRING));
  return alternativeSchemas(placed).filter((alternative) => !isKnown(alternative));
}

function* checkAlternative(placed: PlacedSchema): Generator<StatusCause> {
  const { path, schema } = placed;
  const isSet = (value: unknown) =>
    value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
  for (const [keyword, detail] of NOT_IN_ALTERNATIVES) {
    if (isSet(schema[keyword])) yield forbiddenField(`${path}.${keyword}`, detail);
  }
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, 'metadata')) {
    yield forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context');
  }
  yield* checkPattern(placed);
  const inner = innerSchemas(placed).filter(({ part }) => part !== 'additionalProperties');
  for (const child of [...inner, ...alternativeSchemas(placed)]) yield* checkAlternative(child);
}

function checkPattern({ path, schema: { pattern } }: PlacedSchema): StatusCause[] {
  if (!pattern || compilePattern(pattern) !== undefined) return [];
  return [invalidValue(`${path}.pattern`, pattern, "must be a valid regular expression, but isn't")];
}

function checkType({ path, schema }: PlacedSchema, level: Level): StatusCause[] {
  const { type } = schema;
  const field = `${path}.type`;
  const causes: StatusCause[] = [];
  if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    causes.push(type ? invalidValue(field, type, detail) : requiredValue(field, detail));
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !schema['x-kubernetes-preserve-unknown-fields']) {
    causes.push(requiredValue(field, MISSING_TYPE[level]));
  }
  if (level === 'root' && type && type !== 'object') {
    causes.push(invalidValue(field, type, 'must be object at the root'));
  }
  return causes;
}

function checkExtensions({ path, schema }: PlacedSchema): StatusCause[] {
  const causes: StatusCause[] = [];
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  const isEmbedded = schema['x-kubernetes-embedded-resource'];
  if (schema['x-kubernetes-int-or-string']) {
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    if (preserves) causes.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, true, detail));
    if (isEmbedded) causes.push(invalidValue(`${path}.x-kubernetes-embedded-resource`, true, detail));
  }
  if (isEmbedded && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    causes.push(forbiddenField(`${path}.additionalProperties`, detail));
  }
  if (isEmbedded && !preserves && Object.keys(schema.properties ?? {}).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    causes.push(requiredValue(`${path}.properties`, detail));
  }
  return causes;
}

/** Schemas of kind, version and metadata, which every object has, may say little. */
function checkMetaSchemas({ path, schema }: PlacedSchema, level: Level): StatusCause[] {
  const { properties = {} } = schema;
  const isObjectRoot = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  if (!isObjectRoot) return [];
  const causes: StatusCause[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.type;
    if (Object.hasOwn(properties, name) && type !== 'string') {
      causes.push(invalidValue(`${path}.properties[${name}].type`, type ?? '', 'must be string'));
    }
  }
  if (!Object.hasOwn(properties, 'metadata')) return causes;
  const { type, properties: ofMeta = {}, ...rest } = properties.metadata ?? {};
  const field = `${path}.properties[metadata]`;
  if (type !== 'object') causes.push(invalidValue(`${field}.type`, type ?? '', 'must be object'));
  const onlyNames = Object.keys(ofMeta).every((name) => name === 'name' || name === 'generateName');
  const described = Object.keys(rest).filter((keyword) => !['default', ...VALIDATIONS].includes(keyword));
  if (level === 'root' && (!onlyNames || described.length > 0)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    causes.push(forbiddenField(field, detail));
  }
  return causes;
}

/** Keywords that only restrict. */
const VALIDATIONS = ['required', 'minProperties', 'maxProperties'];

/** What alternatives speak of must be there outside of them. */
function* checkCompleteness(placed: PlacedSchema, alternative: PlacedSchema): Generator<StatusCause> {
  for (const next of alternativeSchemas(alternative)) yield* checkCompleteness(placed, next);
  if (alternative.schema === placed.schema) return;
  const { properties = {}, items } = placed.schema;
  for (const spokenOf of innerSchemas(alternative)) {
    const { part, key = '' } = spokenOf;
    if (part === 'additionalProperties') continue;
    const schema = part === 'items' ? items : Object.hasOwn(properties, key) ? properties[key] : undefined;
    const path = placed.path + stepTo(spokenOf);
    if (schema === undefined) yield requiredValue(path, `because it is defined in ${spokenOf.path}`);
    else yield* checkCompleteness({ path, schema }, spokenOf);
  }
}
