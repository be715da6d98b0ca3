import { badRequest, unsupportedMediaType } from '../api-error.js';
import { checkDepth, getKey, isJsonObject, setKey, type JsonObject, type JsonValue } from '../json.js';
import type { Schema } from '../schema.js';
import { patchDoesNotApply } from './patch-error.js';
import { isSameItem, orderMerged } from './strategic-merge-order.js';
import { strategyOf, withMetadata, type MergeStrategy } from './strategic-merge-schema.js';

/** What stands in a patch beside the fields of the object (Kubernetes, "Strategic merge patch"). */
const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder/';
const DELETE_ITEMS = '$deleteFromPrimitiveList/';

/** What follows a prefix, undefined without the prefix. */
function behind(prefix: string, key: string): string | undefined {
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}

/**
 * The object with a strategic merge patch applied; the one given stays as it is. Lists are merged where the schema says so, by
 * its merge key, in the order that Kubernetes gives them. Errors: ApiError `UnsupportedMediaType` without a schema (custom
 * resources), `BadRequest` for a malformed patch, `Invalid` for one that does not fit.
 */
export function applyStrategicMergePatch(object: JsonObject, patch: unknown, schema: Schema | undefined): JsonObject {
  if (schema === undefined) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
    );
  }
  if (!isJsonObject(patch)) throw badRequest('a strategic merge patch must be an object');
  checkDepth(patch);
  return mergeObject(object, patch, withMetadata(schema));
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = getKey(patch, PATCH);
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [PATCH]: _, ...rest } = patch;
    return withoutNulls(rest) as JsonObject;
  }
  if (directive !== undefined) throw badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  const merged = retainKeys(original, patch);
  for (const field of fieldsOf(patch)) mergeField(merged, patch, field, strategyOf(schema, field));
  return merged;
}

/** The fields that a patch speaks of, by name or by directive. */
function fieldsOf(patch: JsonObject): Set<string> {
  const keys = Object.keys(patch).filter((key) => key !== RETAIN_KEYS);
  return new Set(keys.map((key) => behind(SET_ORDER, key) ?? behind(DELETE_ITEMS, key) ?? key));
}

/** A copy of the original, only with the keys that the patch wants to keep, where it says so. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retained = getKey(patch, RETAIN_KEYS);
  if (retained === undefined) return { ...original };
  const malformed = badRequest('invalid patch format of retainKeys');
  if (!Array.isArray(retained)) throw malformed;
  const keep = new Set(retained);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === RETAIN_KEYS || key.startsWith(SET_ORDER) || key.startsWith(DELETE_ITEMS);
    if (value !== null && !isDirective && !keep.has(key)) throw malformed;
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keep.has(key)));
}

function mergeField(merged: JsonObject, patch: JsonObject, field: string, strategy: MergeStrategy): void {
  const server = getKey(merged, field);
  const deleted = listOf(patch, `${DELETE_ITEMS}${field}`);
  const order = listOf(patch, `${SET_ORDER}${field}`);
  const value = getKey(patch, field);
  if (value === null) delete merged[field];
  else if (value !== undefined) setKey(merged, field, mergeValue(server, value, strategy));
  const list = getKey(merged, field);
  if (!Array.isArray(list)) return;
  const remaining = deleted === undefined ? list : without(list, deleted);
  if (order === undefined) {
    setKey(merged, field, remaining);
    return;
  }
  checkOrder(field, Array.isArray(value) ? value : [], order, strategy.mergeKey);
  setKey(merged, field, orderMerged(remaining, order, Array.isArray(server) ? server : [], strategy.mergeKey));
}

function listOf(patch: JsonObject, key: string): JsonValue[] | undefined {
  const value = getKey(patch, key);
  if (value === undefined || Array.isArray(value)) return value;
  throw badRequest(`${key} must be a list`);
}

/** Each item of the patch must stand in the order list, in the same order. */
function checkOrder(field: string, items: JsonValue[], order: JsonValue[], mergeKey: string | undefined): void {
  const live = items.filter((item) => !isJsonObject(item) || getKey(item, PATCH) === undefined);
  let next = 0;
  for (const item of live) {
    while (next < order.length && !isSameItem(item, order[next] as JsonValue, mergeKey)) next++;
    if (next++ >= order.length) {
      throw patchDoesNotApply(`the order in the patch list ${field} does not match ${SET_ORDER}${field}`);
    }
  }
}

function mergeValue(server: JsonValue | undefined, value: JsonValue, strategy: MergeStrategy): JsonValue {
  if (Array.isArray(value)) {
    const original = Array.isArray(server) ? server : [];
    return strategy.mergeList ? mergeList(original, value, strategy) : value.map(withoutNulls);
  }
  if (!isJsonObject(value)) return value;
  if (!strategy.mergeObject) return withoutNulls(value);
  return mergeObject(isJsonObject(server) ? server : {}, value, strategy.schema);
}

/** Nulls in a patch say that there is nothing, also where there was nothing before. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

function mergeList(server: JsonValue[], patch: JsonValue[], { mergeKey, schema }: MergeStrategy): JsonValue[] {
  if (!patch.some(isJsonObject)) return orderMerged(unique([...server, ...patch]), patch, server, undefined);
  if (mergeKey === undefined) throw badRequest('cannot merge lists without merge key');
  const { kept, items } = applyItemDirectives(server, patch, mergeKey);
  const positions = new Map<string, number>();
  const merged = [...kept];
  merged.forEach((item, index) => {
    const key = JSON.stringify(isJsonObject(item) ? item[mergeKey] : item);
    if (!positions.has(key)) positions.set(key, index);
  });
  for (const item of items) {
    const key = JSON.stringify(keyOf(item, mergeKey));
    const index = positions.get(key) ?? merged.length;
    const old = merged[index];
    positions.set(key, index);
    merged[index] = mergeObject(isJsonObject(old) ? old : {}, item, schema);
  }
  return orderMerged(merged, items, kept, mergeKey);
}

/** Takes out what `$patch: delete` names, and everything with `$patch: replace`; answers the items that are left to merge. */
function applyItemDirectives(
  server: JsonValue[],
  patch: JsonValue[],
  mergeKey: string,
): { kept: JsonValue[]; items: JsonObject[] } {
  const items: JsonObject[] = [];
  const gone = new Set<string>();
  let replaced = false;
  for (const item of patch) {
    if (!isJsonObject(item)) throw badRequest('list elements of a strategic merge patch must all be of one type');
    const directive = getKey(item, PATCH);
    if (directive === undefined) items.push(item);
    else if (directive === 'replace') replaced = true;
    else if (directive === 'delete') gone.add(JSON.stringify(keyOf(item, mergeKey)));
    else if (directive === 'merge') throw badRequest('merging lists cannot yet be specified in the patch');
    else throw badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  }
  const isGone = (item: JsonValue) => isJsonObject(item) && gone.has(JSON.stringify(item[mergeKey] ?? null));
  return { kept: replaced ? [] : server.filter((item) => !isGone(item)), items };
}

function keyOf(item: JsonObject, mergeKey: string): JsonValue {
  const value = getKey(item, mergeKey);
  if (value === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  return value;
}

/** The items but those that `deleted` names. */
function without(items: JsonValue[], deleted: JsonValue[]): JsonValue[] {
  const gone = new Set(deleted.map((item) => JSON.stringify(item)));
  return items.filter((item) => !gone.has(JSON.stringify(item)));
}

function unique(items: JsonValue[]): JsonValue[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = JSON.stringify(item);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
