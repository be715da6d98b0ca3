import { jsonEqual, type StatusCause } from '@longshore/kube';
import { forbiddenField, invalidValue, requiredValue } from '../schema/field-error.js';
import { compilePattern } from '../schema/pattern.js';
import { alternativeSchemas, innerSchemas, type PlacedSchema, type SchemaDocument } from './schema-document.js';

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
  const causes = [...checkInvariants(placed, 'root'), ...checkCompleteness(placed, placed)];
  const text = ({ field = '', message = '' }: StatusCause) => `${field}: ${message}`;
  return causes.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

function checkInvariants(placed: PlacedSchema, level: Level): StatusCause[] {
  const { path, schema } = placed;
  const causes: StatusCause[] = [];
  if (schema.type === 'array' && schema.items === undefined) {
    causes.push(requiredValue(`${path}.items`, 'must be specified'));
  }
  for (const inner of innerSchemas(placed)) {
    causes.push(...checkInvariants(inner, inner.path.endsWith('.items') ? 'item' : 'field'));
  }
  if (level === 'root' && schema.additionalProperties !== undefined) {
    causes.push(forbiddenField(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  return [
    ...causes,
    ...checkPattern(placed),
    ...alternativesOf(placed).flatMap(checkAlternative),
    ...checkType(placed, level),
    ...checkExtensions(placed),
    ...checkMetaSchemas(placed, level),
  ];
}

/** Without the ways in which an integer or string is written. */
function alternativesOf(placed: PlacedSchema): PlacedSchema[] {
  const { anyOf, allOf } = placed.schema;
  const isKnown = ({ path }: PlacedSchema) =>
    (path.includes('.anyOf[', placed.path.length) && jsonEqual(anyOf, INT_OR_STRING)) ||
    (path === `${placed.path}.allOf[0]` && jsonEqual(allOf?.[0]?.anyOf, INT_OR_STRING));
  return alternativeSchemas(placed).filter((alternative) => !isKnown(alternative));
}

function checkAlternative(placed: PlacedSchema): StatusCause[] {
  const { path, schema } = placed;
  const isSet = (value: unknown) =>
    value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
  const causes = NOT_IN_ALTERNATIVES.filter(([keyword]) => isSet(schema[keyword])).map(([keyword, detail]) =>
    forbiddenField(`${path}.${keyword}`, detail),
  );
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, 'metadata')) {
    causes.push(forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  }
  const inner = innerSchemas(placed).filter(({ path: at }) => !at.endsWith('.additionalProperties'));
  return [...causes, ...checkPattern(placed), ...[...inner, ...alternativeSchemas(placed)].flatMap(checkAlternative)];
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
function checkCompleteness({ path, schema }: PlacedSchema, alternative: PlacedSchema): StatusCause[] {
  const inside = alternativeSchemas(alternative).flatMap((next) => checkCompleteness({ path, schema }, next));
  if (alternative.schema === schema) return inside;
  const because = (part: string) => `because it is defined in ${alternative.path}${part}`;
  const causes: StatusCause[] = [];
  for (const [key, child] of Object.entries(alternative.schema.properties ?? {})) {
    const part = `.properties[${key}]`;
    const own = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
    if (own === undefined) causes.push(requiredValue(path + part, because(part)));
    else
      causes.push(
        ...checkCompleteness({ path: path + part, schema: own }, { path: alternative.path + part, schema: child }),
      );
  }
  if (alternative.schema.items !== undefined) {
    const items = { path: `${alternative.path}.items`, schema: alternative.schema.items };
    if (schema.items === undefined) causes.push(requiredValue(`${path}.items`, because('.items')));
    else causes.push(...checkCompleteness({ path: `${path}.items`, schema: schema.items }, items));
  }
  return [...causes, ...inside];
}
