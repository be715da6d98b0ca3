import { parseTime, Quantity, type QuantityError, type Schema } from '@longshore/kube';
import { quote } from './field-error.js';
import { isObject, typeOf, type JsonObject } from './json.js';
import { nameOf } from './names.js';
import { objectMeta } from './object-meta.js';

/** Where the decoder is: the last named structure, and the names of the fields from the object down (lists add none). */
interface Place {
  structure: string;
  fields: string[];
}

/**
 * What stands against decoding a built-in object, as the decoder of Kubernetes tells it:
 * `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. Undefined when all types are right.
 */
export function decodingError(value: unknown, schema: Schema, kind: string): string | undefined {
  if (!isObject(value)) return mismatch(value, { structure: kind, fields: [] }, kind);
  const place: Place = { structure: kind, fields: [] };
  const { metadata, ...fields } = value;
  return decodeField('metadata', metadata, objectMeta, place) ?? decode(fields, schema, place);
}

function decodeField(name: string, value: unknown, schema: Schema, { structure, fields }: Place): string | undefined {
  return decode(value, schema, { structure, fields: [...fields, name] });
}

function decode(value: unknown, schema: Schema, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (schema['x-kubernetes-int-or-string']) return decodeIntOrString(value);
  switch (schema.type) {
    case 'object':
      return isObject(value) ? decodeObject(value, schema, place) : mismatch(value, place, goType(schema));
    case 'array':
      return Array.isArray(value)
        ? first(value, (item) => decode(item, schema.items ?? {}, place))
        : mismatch(value, place, goType(schema));
    case 'string':
      return decodeString(value, schema, place);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mismatch(value, place, 'bool');
    case 'integer':
    case 'number':
      return decodeNumber(value, schema, place);
    default:
      return undefined;
  }
}

function first<T>(items: Iterable<T>, decodeOne: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = decodeOne(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function decodeObject(value: JsonObject, schema: Schema, place: Place): string | undefined {
  const { properties = {}, additionalProperties } = schema;
  const inside: Place = { structure: structureOf(schema) ?? place.structure, fields: place.fields };
  return first(Object.entries(value), ([key, child]) => {
    if (Object.hasOwn(properties, key)) return decodeField(key, child, properties[key] as Schema, inside);
    return typeof additionalProperties === 'object' ? decode(child, additionalProperties, place) : undefined;
  });
}

const structureOf = (schema: Schema) => nameOf(schema)?.split('.').at(-1);

function decodeIntOrString(value: unknown): string | undefined {
  if (typeof value === 'string') return undefined;
  if (typeof value !== 'number') return `json: cannot unmarshal ${jsonType(value)} into Go value of type int32`;
  return isWithin(value, 'int32') ? undefined : `json: cannot unmarshal number ${value} into Go value of type int32`;
}

const BASE64_GROUP = /^[A-Za-z0-9+/]*={0,2}$/;

function decodeString(value: unknown, { format }: Schema, place: Place): string | undefined {
  if (format === 'quantity') return quantityProblem(value);
  if (format === 'date-time') {
    if (typeof value !== 'string') return mismatch(value, { ...place, fields: [] }, 'string');
    return parseTime(value) !== undefined
      ? undefined
      : `parsing time ${quote(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${quote(value)} as "2006"`;
  }
  if (typeof value !== 'string') return mismatch(value, place, format === 'byte' ? '[]uint8' : 'string');
  if (format === 'byte' && !isBase64(value)) return `illegal base64 data at input byte ${badByteOf(value)}`;
  return undefined;
}

function quantityProblem(value: unknown): string | undefined {
  try {
    Quantity.parse(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '');
    return undefined;
  } catch (error) {
    return (error as QuantityError).message;
  }
}

/** Line breaks are passed over, as Go's decoder does. */
function isBase64(text: string): boolean {
  const packed = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  return packed.length % 4 === 0 && BASE64_GROUP.test(packed);
}

function badByteOf(text: string): number {
  const at = text.search(/[^A-Za-z0-9+/\r\n]/);
  return at >= 0 ? at : text.length - (text.length % 4);
}

const RANGES: Record<string, [number, number]> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1],
};

function isWithin(value: number, format = 'int64'): boolean {
  const [low, high] = RANGES[format] ?? [-Infinity, Infinity];
  return Number.isInteger(value) && value >= low && value <= high;
}

function decodeNumber(value: unknown, schema: Schema, place: Place): string | undefined {
  if (typeof value !== 'number') return mismatch(value, place, goType(schema));
  if (schema.type === 'number' || isWithin(value, schema.format)) return undefined;
  return mismatch(value, place, goType(schema), ` ${value}`);
}

function mismatch(value: unknown, { structure, fields }: Place, type: string, shown = ''): string {
  const into = fields.length === 0 ? 'Go value' : `Go struct field ${structure}.${fields.join('.')}`;
  return `json: cannot unmarshal ${jsonType(value)}${shown} into ${into} of type ${type}`;
}

function jsonType(value: unknown): string {
  const type = typeOf(value);
  if (type === 'boolean') return 'bool';
  return type === 'integer' ? 'number' : type;
}

/** The Go type that a schema stands for, as far as the last two parts of names tell (`v1.PodSpec`). */
function goType(schema: Schema): string {
  const name = nameOf(schema);
  if (name !== undefined) return name.split('.').slice(-2).join('.');
  switch (schema.type) {
    case 'array':
      return `[]${goType(schema.items ?? {})}`;
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `map[string]${goType(schema.additionalProperties)}`
        : 'struct';
    case 'integer':
      return schema.format ?? 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}
