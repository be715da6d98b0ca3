import type { KubeObject } from '@longshore/kube';
import { decodeObject, strictDecodingError, type ObjectShape } from '../rest/decode-object.js';
import { checkObjectType, parseBody, readBody } from './body.js';
import type { Exchange } from './exchange.js';
import type { FieldValidation } from './write-options.js';

/**
 * The object in the body of a request. Unknown and duplicate fields are refused, told in warnings or passed over, as the
 * client wants. Errors: `BadRequest`, `UnsupportedMediaType`, `RequestEntityTooLarge`.
 */
export async function decodeBody(
  exchange: Exchange,
  shape: ObjectShape,
  fieldValidation: FieldValidation,
): Promise<KubeObject> {
  const format = checkObjectType(exchange.header('content-type'), shape);
  const bytes = await readBody(exchange.request);
  const { value, duplicates } = parseBody(bytes, format, shape);
  const { object, unknownFields } = decodeObject(value, shape);
  // In protobuf all fields are known to the client's version; those that we lack are passed over, as Kubernetes does.
  const problems = format === 'protobuf' ? [] : fieldProblems(duplicates, unknownFields);
  if (problems.length > 0) {
    if (fieldValidation === 'Strict') throw strictDecodingError(shape, problems);
    if (fieldValidation === 'Warn') for (const problem of problems) exchange.warn(problem);
  }
  return object;
}

/** As Kubernetes lists what strict decoding finds. */
export function fieldProblems(duplicates: readonly string[], unknownFields: readonly string[]): string[] {
  return [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
}
