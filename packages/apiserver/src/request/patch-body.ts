import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  invalid,
  parseJsonPatch,
  type JsonObject,
  type KubeObject,
} from '@longshore/kube';
import { decodeObject, type ObjectShape } from '../rest/decode-object.js';
import { invalidValue } from '../schema/field-error.js';
import { readBody, unknownFormat } from './body.js';
import { fieldProblems } from './decode-body.js';
import type { Exchange } from './exchange.js';
import { inspectJson } from './json-text.js';
import { parseMediaType } from './media-type.js';
import type { FieldValidation } from './write-options.js';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

/** Applies the patch of a request to an object as it is now. */
export type ApplyPatch = (object: KubeObject) => KubeObject;

/**
 * Reads the patch of a request once, to be applied as often as needed. Errors: `UnsupportedMediaType` (server-side apply too),
 * `BadRequest`; the function: `Invalid`, `BadRequest`.
 */
export async function readPatch(
  exchange: Exchange,
  shape: ObjectShape,
  fieldValidation: FieldValidation,
): Promise<ApplyPatch> {
  const type = parseMediaType(exchange.header('content-type') ?? '')?.type ?? '';
  const accepted = shape.custom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH];
  if (!accepted.includes(type)) throw unknownFormat(accepted.join(', '));
  const text = (await readBody(exchange.request)).toString();
  const patch = parsePatch(text);
  const { duplicates, isTooDeep } = inspectJson(text);
  if (isTooDeep) throw badRequest('the patch is nested too deeply');
  const apply = patchFunction(type, patch, shape);
  return (object) => {
    const patched = apply(object as unknown as JsonObject) as unknown;
    const decoded = decodeObject(structuredClone(patched), shape);
    const problems = fieldProblems(duplicates, decoded.unknownFields);
    if (problems.length > 0 && fieldValidation === 'Strict') {
      const detail = `strict decoding error: ${problems.join(', ')}`;
      throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', text, detail)]);
    }
    if (fieldValidation === 'Warn') for (const problem of problems) exchange.warn(problem);
    return decoded.object;
  };
}

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function patchFunction(type: string, patch: unknown, shape: ObjectShape): (object: JsonObject) => JsonObject {
  switch (type) {
    case JSON_PATCH: {
      const operations = parseJsonPatch(patch);
      return (object) => applyJsonPatch(object, operations);
    }
    case MERGE_PATCH:
      return (object) => applyMergePatch(object, patch);
    default:
      return (object) => applyStrategicMergePatch(object, patch, shape.schema);
  }
}
