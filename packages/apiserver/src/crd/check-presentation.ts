/** Scale subresources, printer columns and selectable fields of a version (apiextensions, `validation.go`). */
import type { Schema, StatusCause } from '@longshore/kube';
import { duplicateValue, invalidValue, requiredValue, tooMany } from '../schema/field-error.js';
import { JsonPath, JsonPathError } from '../table/json-path.js';
import type { CustomResourceColumn, CustomResourceScale } from './custom-resource-definition.js';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_SELECTABLE_FIELDS = 8;

export function checkScale(path: string, scale: CustomResourceScale): StatusCause[] {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const under = (field: string, value: string | undefined, prefixes: string[], where: string): StatusCause[] => {
    if (!value) return [requiredValue(`${path}.${field}`)];
    const problems = checkFieldPath(`${path}.${field}`, value);
    if (problems.length > 0 || prefixes.some((prefix) => value.startsWith(prefix))) return problems;
    return [invalidValue(`${path}.${field}`, value, `should be a json path under ${where}`)];
  };
  return [
    ...under('specReplicasPath', specReplicasPath, ['.spec.'], '.spec'),
    ...under('statusReplicasPath', statusReplicasPath, ['.status.'], '.status'),
    ...(labelSelectorPath
      ? under('labelSelectorPath', labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status')
      : []),
  ];
}

export function checkColumn(path: string, { name, type, format, jsonPath }: CustomResourceColumn): StatusCause[] {
  const causes: StatusCause[] = [];
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) causes.push(requiredValue(`${path}.name`));
  if (!type) causes.push(requiredValue(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) causes.push(invalidValue(`${path}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    causes.push(invalidValue(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  }
  if (!jsonPath) causes.push(requiredValue(`${path}.JSONPath`));
  else causes.push(...checkPath(`${path}.JSONPath`, jsonPath));
  return causes;
}

export function* checkSelectableFields(
  path: string,
  fields: readonly { jsonPath: string }[],
  schema: Schema,
): Generator<StatusCause> {
  const seen = new Set<string>();
  for (const [at, { jsonPath }] of fields.entries()) {
    const field = `${path}[${at}].jsonPath`;
    const problems = jsonPath ? checkFieldPath(field, jsonPath) : [requiredValue(field)];
    yield* problems;
    if (problems.length > 0) continue;
    const names = JsonPath.parse(jsonPath).fields ?? [];
    if (names[0] === 'metadata') yield invalidValue(field, jsonPath, 'must not point to fields in metadata');
    const type = schemaAt(schema, names)?.type;
    if (type !== 'string' && type !== 'boolean' && type !== 'integer') {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      yield invalidValue(field, jsonPath, detail);
    }
    if (seen.has(jsonPath)) yield duplicateValue(field, jsonPath);
    seen.add(jsonPath);
  }
  if (seen.size > MAX_SELECTABLE_FIELDS) yield tooMany(path, seen.size, MAX_SELECTABLE_FIELDS);
}

function schemaAt(schema: Schema, names: readonly string[]): Schema | undefined {
  let found: Schema | undefined = schema;
  for (const name of names) {
    const properties: Readonly<Record<string, Schema>> = found?.properties ?? {};
    found = Object.hasOwn(properties, name) ? properties[name] : undefined;
  }
  return found;
}

function checkPath(field: string, path: string): StatusCause[] {
  if (!path.startsWith('.')) return [invalidValue(field, path, 'must be a simple json path starting with .')];
  try {
    JsonPath.parse(path);
    return [];
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return [invalidValue(field, path, `is an invalid path: ${error.message}`)];
  }
}

/** As above, and nothing but fields. */
function checkFieldPath(field: string, path: string): StatusCause[] {
  const problems = checkPath(field, path);
  if (problems.length > 0 || JsonPath.parse(path).fields !== undefined) return problems;
  return [invalidValue(field, path, 'is an invalid path: only field names are allowed')];
}
