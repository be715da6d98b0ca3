import {
  checkDns1035Label,
  parseGroupVersion,
  type KubeObject,
  type ObjectMeta,
  type Schema,
  type StatusCause,
} from '@longshore/kube';
import { decodingError } from '../schema/decode.js';
import { applyDefaults } from '../schema/defaults.js';
import { firstOf, invalidValue, MAX_CAUSES, requiredValue } from '../schema/field-error.js';
import { isObject, type JsonObject } from '../schema/json.js';
import { zeroNullItems } from '../schema/null-items.js';
import { objectMeta } from '../schema/object-meta.js';
import { formatPath, type Path } from '../schema/path.js';
import { searchFor } from '../schema/schema-search.js';
import { checkMeta } from './object-meta.js';

const isEmbedded = (schema: Schema) => schema['x-kubernetes-embedded-resource'] === true;
const hasEmbedded = searchFor(isEmbedded);

/** Problems of objects within a custom resource (`x-kubernetes-embedded-resource`; apiextensions, `objectmeta/validation.go`). */
export function checkEmbedded(object: KubeObject, schema: Schema): StatusCause[] {
  return [...firstOf(MAX_CAUSES, walk(object, schema, []))];
}

function* walk(value: unknown, schema: Schema, path: Path): Generator<StatusCause> {
  if (!hasEmbedded(schema)) return;
  const { properties = {}, additionalProperties, items } = schema;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* walk(item, items ?? {}, [...path, at]);
  } else if (isObject(value)) {
    if (isEmbedded(schema)) yield* checkObject(value, formatPath(path));
    for (const [key, child] of Object.entries(value)) {
      if (Object.hasOwn(properties, key)) yield* walk(child, properties[key] as Schema, [...path, key]);
      else if (typeof additionalProperties === 'object') yield* walk(child, additionalProperties, [...path, { key }]);
    }
  }
}

function* checkObject({ apiVersion, kind, metadata }: JsonObject, path: string): Generator<StatusCause> {
  yield* checkText(`${path}.apiVersion`, apiVersion, (text) =>
    parseGroupVersion(text) === undefined ? `unexpected GroupVersion string: ${text}` : undefined,
  );
  yield* checkText(`${path}.kind`, kind, (text) => {
    const problems = checkDns1035Label(text.toLowerCase());
    return problems.length > 0 ? `may have mixed case, but should otherwise match: ${problems.join(',')}` : undefined;
  });
  if (metadata !== undefined) yield* checkMetadata(metadata, path);
}

function checkText(field: string, value: unknown, problemOf: (text: string) => string | undefined): StatusCause[] {
  if (value === undefined) return [requiredValue(field, 'must not be empty')];
  if (typeof value !== 'string') return [invalidValue(field, value, 'must be a string')];
  const problem = value === '' ? 'must not be empty' : problemOf(value);
  return problem === undefined ? [] : [invalidValue(field, value, problem)];
}

/** The name may be missing; there is a namespace where it says so. */
function checkMetadata(metadata: unknown, path: string): StatusCause[] {
  const problem = decodingError(metadata, objectMeta, 'ObjectMeta');
  if (problem !== undefined) return [invalidValue(`${path}.metadata`, metadata, problem)];
  const meta = structuredClone(metadata) as ObjectMeta;
  // Go's clients write `creationTimestamp: null`.
  zeroNullItems(meta, objectMeta);
  applyDefaults(meta, objectMeta);
  const rules = { namespaced: Boolean(meta.namespace), stored: { type: 'stored', name: 'path-segment' } } as const;
  const causes = checkMeta({ ...meta, name: meta.name || 'unnamed' }, rules);
  return causes.map((cause) => ({ ...cause, field: `${path}.${cause.field}` }));
}
