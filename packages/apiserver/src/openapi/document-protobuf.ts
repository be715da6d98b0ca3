import { MessageWriter } from '../protobuf/write-message.js';
import type { Json } from './components.js';

/**
 * A document of OpenAPI 2 in protobuf, as clients ask for it that validate lists before they send them (gnostic,
 * OpenAPIv2.proto; the numbers below are those of its fields).
 */
export function encodeDocument(document: Json): Buffer {
  const { swagger, info, paths, definitions, parameters } = document as unknown as SwaggerDocument;
  const written = new MessageWriter()
    .string(1, swagger)
    .message(2, new MessageWriter().string(1, info.title).string(2, info.version))
    .message(8, named(paths, 2, pathItem))
    .message(9, named(definitions, 1, schema));
  return written.message(10, named(parameters, 1, parameter)).finish();
}

interface SwaggerDocument {
  swagger: string;
  info: { title: string; version: string };
  paths: Record<string, Json>;
  definitions: Record<string, Json>;
  parameters: Record<string, Json>;
}

/** A map, which gnostic writes as a list of names with their values. */
function named(map: Record<string, Json>, field: number, write: (value: Json) => MessageWriter): MessageWriter {
  const message = new MessageWriter();
  for (const [name, value] of Object.entries(map)) {
    message.message(field, new MessageWriter().string(1, name).message(2, write(value)));
  }
  return message;
}

const OPERATIONS: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(item: Json): MessageWriter {
  const message = new MessageWriter();
  for (const [method, field] of Object.entries(OPERATIONS)) {
    if (item[method] !== undefined) message.message(field, operation(item[method] as Json));
  }
  return message;
}

function operation(value: Json): MessageWriter {
  const message = new MessageWriter().string(3, String(value.description)).string(5, String(value.operationId));
  for (const type of value.produces as string[]) message.string(6, type);
  for (const type of value.consumes as string[]) message.string(7, type);
  for (const each of value.parameters as Json[]) message.message(8, parametersItem(each));
  message.message(9, named(value.responses as Record<string, Json>, 1, responseValue));
  for (const scheme of value.schemes as string[]) message.string(10, scheme);
  return extensions(value, 13, message);
}

function parametersItem(value: Json): MessageWriter {
  if (typeof value.$ref !== 'string') return new MessageWriter().message(1, parameter(value));
  return new MessageWriter().message(2, new MessageWriter().string(1, value.$ref));
}

const IN_QUERY = { wrapper: 3, type: 6, uniqueItems: 20 };
const IN_PATH = { wrapper: 4, type: 5, uniqueItems: 19 };

/** A parameter in the body, the query or the path. */
function parameter(value: Json): MessageWriter {
  if (value.in === 'body') {
    const body = new MessageWriter().string(2, String(value.name)).string(3, 'body');
    body.boolean(4, value.required === true).message(5, schema(value.schema as Json));
    return new MessageWriter().message(1, body);
  }
  const { wrapper, type, uniqueItems } = value.in === 'query' ? IN_QUERY : IN_PATH;
  const other = new MessageWriter().boolean(1, value.required === true).string(2, String(value.in));
  other.string(3, String(value.description)).string(4, String(value.name)).string(type, String(value.type));
  other.boolean(uniqueItems, value.uniqueItems === true);
  return new MessageWriter().message(2, new MessageWriter().message(wrapper, other));
}

function responseValue(value: Json): MessageWriter {
  const response = new MessageWriter().string(1, String(value.description));
  if (value.schema !== undefined) response.message(2, new MessageWriter().message(1, schema(value.schema as Json)));
  return new MessageWriter().message(1, response);
}

const STRINGS: Record<string, number> = { $ref: 1, format: 2, title: 3, description: 4, pattern: 13 };
const DOUBLES: Record<string, number> = { multipleOf: 6, maximum: 7, minimum: 9 };
const BOOLEANS: Record<string, number> = { exclusiveMaximum: 8, exclusiveMinimum: 10, uniqueItems: 16 };
const INTEGERS: Record<string, number> = {
  maxLength: 11,
  minLength: 12,
  maxItems: 14,
  minItems: 15,
  maxProperties: 17,
  minProperties: 18,
};

function schema(value: Json): MessageWriter {
  const message = new MessageWriter();
  for (const [key, field] of Object.entries(STRINGS)) {
    if (typeof value[key] === 'string') message.string(field, value[key]);
  }
  for (const [key, field] of Object.entries(DOUBLES)) {
    if (typeof value[key] === 'number') message.double(field, value[key]);
  }
  for (const [key, field] of Object.entries(BOOLEANS)) {
    if (typeof value[key] === 'boolean') message.boolean(field, value[key]);
  }
  for (const [key, field] of Object.entries(INTEGERS)) {
    if (typeof value[key] === 'number') message.integer(field, value[key]);
  }
  if (value.default !== undefined) message.message(5, anything(value.default));
  for (const name of (value.required ?? []) as string[]) message.string(19, name);
  for (const each of (value.enum ?? []) as unknown[]) message.message(20, anything(each));
  return schemaParts(value, message);
}

/** What a schema says of the parts of a value. */
function schemaParts(value: Json, message: MessageWriter): MessageWriter {
  const { additionalProperties, type, items, allOf, properties } = value;
  if (typeof additionalProperties === 'boolean') {
    message.message(21, new MessageWriter().boolean(2, additionalProperties));
  } else if (additionalProperties !== undefined) {
    message.message(21, new MessageWriter().message(1, schema(additionalProperties as Json)));
  }
  if (typeof type === 'string') message.message(22, new MessageWriter().string(1, type));
  if (items !== undefined) message.message(23, new MessageWriter().message(1, schema(items as Json)));
  for (const each of (allOf ?? []) as Json[]) message.message(24, schema(each));
  if (properties !== undefined) message.message(25, named(properties as Record<string, Json>, 1, schema));
  return extensions(value, 31, message);
}

/** Keys that begin with `x-`. */
function extensions(value: Json, field: number, message: MessageWriter): MessageWriter {
  for (const [name, content] of Object.entries(value)) {
    if (!name.startsWith('x-')) continue;
    message.message(field, new MessageWriter().string(1, name).message(2, anything(content)));
  }
  return message;
}

/** Any value, as YAML: every JSON text is one. */
function anything(value: unknown): MessageWriter {
  return new MessageWriter().string(2, JSON.stringify(value));
}
