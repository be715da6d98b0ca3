import { badRequest, formatGroupVersion, type ApiError, type KubeObject } from '@longshore/kube';
import type { ResourceDefinition } from '../definition.js';
import { toCanonicalForm } from '../schema/canonical-form.js';
import { decodingError } from '../schema/decode.js';
import { applyDefaults } from '../schema/defaults.js';
import { quote } from '../schema/field-error.js';
import { isObject } from '../schema/json.js';
import { zeroNullItems } from '../schema/null-items.js';
import { objectMeta } from '../schema/object-meta.js';
import { pruneUnknown } from '../schema/prune.js';

/** The kind that a body must be, and how its fields are described. */
export type ObjectShape = Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'schema' | 'custom'>;

export interface DecodedObject {
  object: KubeObject;
  /** Paths of fields that were taken away because nobody knows them. */
  unknownFields: string[];
}

/**
 * Makes an object of a kind out of what a client sent: kind and version are checked, fields that nobody knows taken away,
 * nulls dropped, values written as Kubernetes writes them, defaults put in. The value itself is changed. Errors:
 * `BadRequest`, as Kubernetes words them.
 */
export function decodeObject(value: unknown, shape: ObjectShape): DecodedObject {
  const { kind, schema, custom } = shape;
  const groupVersion = formatGroupVersion(shape);
  if (!isObject(value)) throw unrecognized(shape, decodingError(value, schema, `${shape.version}.${kind}`) ?? '');
  checkKind(value, shape, groupVersion);
  value.kind = kind;
  value.apiVersion = groupVersion;
  value.metadata ??= {};
  const unknownFields = pruneUnknown(value, schema);
  const problem = custom ? metadataProblem(value.metadata) : decodingError(value, schema, kind);
  if (problem !== undefined) throw cannotBeHandled(shape, problem);
  zeroNullItems(value.metadata, objectMeta);
  if (!custom) {
    zeroNullItems(value, schema);
    toCanonicalForm(value, shape.group, shape.version, kind);
  }
  applyDefaults(value.metadata, objectMeta);
  applyDefaults(value, schema);
  return { object: value as KubeObject, unknownFields };
}

/** Nulls are as good as nothing: Go's clients write `creationTimestamp: null`. */
function metadataProblem(metadata: unknown): string | undefined {
  const problem = decodingError(metadata, objectMeta, 'ObjectMeta');
  return problem && `unable to decode object metadata: ${problem}`;
}

function checkKind(value: Record<string, unknown>, shape: ObjectShape, groupVersion: string): void {
  const { kind, version, custom } = shape;
  const given = { kind: textOf(value.kind), apiVersion: textOf(value.apiVersion) };
  if (custom && given.kind === '') {
    throw unrecognized(shape, `Object 'Kind' is missing in '${JSON.stringify(value).slice(0, 1024)}'`);
  }
  if (given.kind !== '' && given.kind !== kind) {
    const from = given.apiVersion.split('/').at(-1) || version;
    const problem = `converting (${from}.${given.kind}) to (${version}.${kind}): unknown conversion`;
    throw cannotBeHandled({ kind, version }, problem, given.kind);
  }
  if (given.apiVersion !== '' && given.apiVersion !== groupVersion) {
    throw badRequest(
      `the API version in the data (${given.apiVersion}) does not match the expected API version (${groupVersion})`,
    );
  }
}

/** Kinds that are no text are named as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function unrecognized({ kind }: ObjectShape, problem: string): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem}`);
}

function cannotBeHandled(shape: Pick<ObjectShape, 'kind' | 'version'>, problem: string, given = shape.kind): ApiError {
  return badRequest(`${given} in version ${quote(shape.version)} cannot be handled as a ${shape.kind}: ${problem}`);
}

/** The error of a request that wants unknown and duplicate fields refused (`fieldValidation=Strict`). */
export function strictDecodingError(shape: ObjectShape, problems: readonly string[]): ApiError {
  return cannotBeHandled(shape, `strict decoding error: ${problems.join(', ')}`);
}
