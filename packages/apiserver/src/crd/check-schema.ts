import type { StatusCause } from '@longshore/kube';
import { forbiddenField, invalidValue, requiredValue, unsupportedValue } from '../schema/field-error.js';
import { alternativeSchemas, innerSchemas, type PlacedSchema, type SchemaDocument } from './schema-document.js';

/** Where in an object a schema is. */
interface Situation {
  isRoot: boolean;
  /** In `metadata`, `kind` or `apiVersion` of the object or of one that is embedded in it. */
  isMeta: boolean;
  /** Why there may be no defaults. */
  noDefaults?: string;
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META_FIELDS = ['metadata', 'kind', 'apiVersion'];
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** What must not be in the schema of a custom resource, and what does not go together (apiextensions, `validation.go`). */
export function checkSchema(placed: PlacedSchema): Iterable<StatusCause> {
  return check(placed, { isRoot: true, isMeta: false });
}

function* check(placed: PlacedSchema, situation: Situation): Generator<StatusCause> {
  const { schema } = placed;
  yield* checkKeywords(placed, situation);
  for (const child of innerSchemas(placed)) yield* check(child, situationOf(child, placed, situation));
  for (const child of alternativeSchemas(placed)) yield* check(child, { ...situation, isRoot: false });
  yield* checkMapType(placed);
  if (schema['x-kubernetes-list-type'] !== undefined || hasMapKeys(schema)) yield* checkListType(placed);
}

function situationOf({ part, key = '' }: PlacedSchema, { schema }: PlacedSchema, situation: Situation): Situation {
  const { isRoot, ...above } = situation;
  if (part === 'additionalProperties' && above.isMeta) {
    return { ...above, isRoot: false, noDefaults: 'inside additionalProperties applying to object metadata' };
  }
  const holdsMeta = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  if (part !== 'properties' || !holdsMeta || !META_FIELDS.includes(key)) return { ...above, isRoot: false };
  return { ...above, isRoot: false, isMeta: true, ...(isRoot && { noDefaults: `in top-level ${key}` }) };
}

function checkKeywords({ path, schema }: PlacedSchema, { isMeta, noDefaults }: Situation): StatusCause[] {
  const causes: StatusCause[] = [];
  const forbid = (field: string, detail: string) => causes.push(forbiddenField(`${path}.${field}`, detail));
  const { type, additionalProperties, properties = {} } = schema;
  if (type && !TYPES.includes(type)) causes.push(unsupportedValue(`${path}.type`, type, TYPES));
  if ((type as string) === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative');
  if (schema.default !== undefined && noDefaults !== undefined) forbid('default', `must not be set ${noDefaults}`);
  for (const keyword of UNSUPPORTED) {
    if (schema[keyword] !== undefined) forbid(keyword, `${keyword} is not supported`);
  }
  if (isMeta && schema['x-kubernetes-embedded-resource']) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }
  if (schema.uniqueItems) {
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  }
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(properties).length > 0) {
    forbid('additionalProperties', 'additionalProperties and properties are mutual exclusive');
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = `${path}.x-kubernetes-preserve-unknown-fields`;
    causes.push(invalidValue(field, false, 'must be true or undefined'));
  }
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) {
    forbid(
      'x-kubernetes-validations',
      'CEL rules are not evaluated by this server: express them as schema, or remove them',
    );
  }
  return causes;
}

function checkMapType({ path, schema }: PlacedSchema): StatusCause[] {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return [];
  const causes = checkTypeFor(`${path}.type`, schema.type, 'object', 'x-kubernetes-map-type');
  if (mapType !== 'atomic' && mapType !== 'granular') {
    causes.push(unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  }
  return causes;
}

/** The type that an extension needs. */
function checkTypeFor(path: string, type: string | undefined, needed: string, extension: string): StatusCause[] {
  const detail = `must be ${needed} if ${extension} is specified`;
  if (type === needed) return [];
  return [type ? invalidValue(path, type, detail) : requiredValue(path, detail)];
}

const hasMapKeys = (schema: SchemaDocument) => (schema['x-kubernetes-list-map-keys'] ?? []).length > 0;

function* checkListType({ path, schema }: PlacedSchema): Generator<StatusCause> {
  const listType = schema['x-kubernetes-list-type'];
  const field = `${path}.x-kubernetes-list-type`;
  if (listType !== undefined) {
    yield* checkTypeFor(`${path}.type`, schema.type, 'array', 'x-kubernetes-list-type');
    if (!['atomic', 'set', 'map'].includes(listType)) yield unsupportedValue(field, listType, ['atomic', 'set', 'map']);
  }
  if (hasMapKeys(schema) && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    yield listType === undefined ? requiredValue(field, detail) : invalidValue(field, listType, detail);
  }
  if (listType === 'set' && schema.type === 'array') yield* checkSetItems(path, schema.items);
  if (listType === 'map') yield* checkMapItems(path, schema);
  if ((listType === 'set' || listType === 'map') && schema.items?.nullable) {
    yield forbiddenField(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  }
}

function checkSetItems(path: string, items: SchemaDocument = {}): StatusCause[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const { type, 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items;
  if (type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, detail)];
  }
  if (type === 'object' && mapType !== 'atomic') {
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, mapType, detail)];
  }
  return [];
}

function* checkMapItems(
  path: string,
  { items, 'x-kubernetes-list-map-keys': keys = [] }: SchemaDocument,
): Generator<StatusCause> {
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) yield requiredValue(field, 'must not be empty if x-kubernetes-list-type is map');
  if (items === undefined) yield requiredValue(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map');
  else if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    yield invalidValue(`${path}.items.type`, items.type ?? '', detail);
  } else {
    if (new Set(keys).size < keys.length) yield invalidValue(field, keys, 'must not contain duplicate entries');
    for (const key of keys) yield* checkMapKey(path, items, key);
  }
}

function checkMapKey(path: string, items: SchemaDocument, key: string): StatusCause[] {
  const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
  if (property === undefined) {
    return [invalidValue(`${path}.x-kubernetes-list-map-keys`, [key], 'entries must all be names of item properties')];
  }
  const at = `${path}.items.properties[${key}]`;
  const causes: StatusCause[] = [];
  if (property.type === 'array' || property.type === 'object') {
    const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    causes.push(invalidValue(`${at}.type`, property.type, detail));
  }
  const isListed = 'this property is in x-kubernetes-list-map-keys, so it';
  if (!(items.required ?? []).includes(key) && property.default === undefined) {
    causes.push(requiredValue(`${at}.default`, `${isListed} must have a default or be a required property`));
  }
  if (property.nullable) causes.push(forbiddenField(`${at}.nullable`, `${isListed} cannot be nullable`));
  return causes;
}
