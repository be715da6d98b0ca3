import { badRequest } from '../api-error.js';
import { checkDepth, getKey, isJsonObject, jsonEqual, setKey, type JsonObject, type JsonValue } from '../json.js';

/**
 * The document with a merge patch applied (RFC 7386); the one given stays as it is. Errors: ApiError `BadRequest` when the patch
 * is no object or nested too deeply.
 */
export function applyMergePatch(document: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw badRequest('a merge patch must be an object');
  checkDepth(patch);
  return merge(document, patch);
}

function merge(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  const merged = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setKey(merged, key, isJsonObject(value) ? merge(getKey(merged, key), value) : value);
  }
  return merged;
}

/**
 * The smallest merge patch that makes `to` out of `from`. What it cannot say is lost: keys of `to` that are null inside
 * objects are left out.
 */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) {
    if ((getKey(to, key) ?? null) === null) setKey(patch, key, null);
  }
  for (const [key, value] of Object.entries(to)) {
    const old = getKey(from, key);
    if (value === null || (old !== undefined && jsonEqual(old, value))) continue;
    setKey(patch, key, isJsonObject(value) && isJsonObject(old) ? createMergePatch(old, value) : value);
  }
  return patch;
}
