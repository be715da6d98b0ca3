import type { Schema, StatusCause } from '@longshore/kube';
import { duplicateValue, invalidValue } from './field-error.js';
import { canonical, isObject, own, setOwn, type JsonObject } from './json.js';
import { formatPath, type Path } from './path.js';
import { searchFor } from './schema-search.js';

/** Whether there is a list below that must have no two equal items; others are not walked. */
const hasListType = searchFor(({ 'x-kubernetes-list-type': type }) => type === 'set' || type === 'map');

/** A cause for each item of a list of type `set` or `map` that is there twice. */
export function checkListTypes(value: unknown, schema: Schema, root: string): StatusCause[] {
  const causes: StatusCause[] = [];
  walk(value, schema, [], root, causes);
  return causes;
}

/** For each item of a list the one that it replaces, where keys tell; undefined where they do not. */
export function replacedItems(list: readonly unknown[], old: unknown, schema: Schema): unknown[] | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identityOf = (item: unknown) => canonical(keyOf(isObject(item) ? item : {}, keys));
  const before = new Map(old.map((item: unknown) => [identityOf(item), item]));
  return list.map((item) => before.get(identityOf(item)));
}

function walk(value: unknown, schema: Schema, path: Path, root: string, causes: StatusCause[]): void {
  if (typeof value !== 'object' || value === null || !hasListType(schema)) return;
  if (Array.isArray(value)) {
    checkList(value, schema, path, root, causes);
    if (schema.items) {
      for (const [at, item] of value.entries()) walk(item, schema.items, [...path, at], root, causes);
    }
    return;
  }
  const { properties = {}, additionalProperties } = schema;
  for (const [key, child] of Object.entries(value)) {
    if (Object.hasOwn(properties, key)) walk(child, properties[key] as Schema, [...path, key], root, causes);
    else if (typeof additionalProperties === 'object')
      walk(child, additionalProperties, [...path, { key }], root, causes);
  }
}

function checkList(list: unknown[], schema: Schema, path: Path, root: string, causes: StatusCause[]): void {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const at = (index: number) => formatPath([...path, index], root);
  if (type === 'map') {
    const stranger = list.findIndex((item) => item !== null && !isObject(item));
    if (stranger >= 0) {
      causes.push(invalidValue(at(stranger), list[stranger], 'must be an object for an array of list-type map'));
      return;
    }
  }
  const times = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    const identity = type === 'set' ? item : keyOf(isObject(item) ? item : {}, keys);
    const text = canonical(identity);
    const seen = times.get(text) ?? 0;
    times.set(text, seen + 1);
    if (seen === 1) causes.push(duplicateValue(at(index), identity));
  }
}

function keyOf(item: JsonObject, keys: readonly string[]): JsonObject {
  const key: JsonObject = {};
  for (const name of keys) if (Object.hasOwn(item, name)) setOwn(key, name, own(item, name));
  return key;
}
