import type { Level } from '../schema/field.js';
import { structOf } from '../schema/structs.js';
import { jsonFieldsOf, type JsonObject } from './decode.js';
import { itemKey } from './item-key.js';
import { tracedList, tracedObject, type Traced, type TracedList, type TracedObject } from './traced.js';
import type { Field, FieldType } from '../schema/field.js';

/**
 * Merges a child config into its parent, the child wins (edge.md 2.1). Keyed items are merged in the place of the parent's,
 * new ones follow; plain lists are concatenated; files, directories and links share one key space.
 */
export function mergeTraced(parent: TracedObject, child: TracedObject, level: Level, struct = 'Config'): TracedObject {
  const merged = tracedObject(child.from);
  const otherKind = keysOfOtherKinds(child, struct);
  for (const field of jsonFieldsOf(struct, level)) {
    const name = field.json ?? '';
    const value = mergeField(parent.fields.get(name), child.fields.get(name), field, level, otherKind.get(name));
    if (value) merged.fields.set(name, value);
  }
  return merged;
}

function mergeField(
  parent: Traced | undefined,
  child: Traced | undefined,
  field: Field,
  level: Level,
  removed: ReadonlySet<string> | undefined,
): Traced | undefined {
  if (field.plainUntil >= level && child) return child;
  if (!parent) return child;
  if (field.type.kind === 'struct' && parent.kind === 'object') {
    if (!child) return parent;
    if (field.referenceUntil >= level) return child;
    return child.kind === 'object' ? mergeTraced(parent, child, level, field.type.struct) : child;
  }
  if (parent.kind === 'list') {
    return mergeLists(parent, child?.kind === 'list' ? child : tracedList(parent.from, []), field.type, level, removed);
  }
  return child ?? parent;
}

function mergeLists(
  parent: TracedList,
  child: TracedList,
  type: FieldType,
  level: Level,
  removed: ReadonlySet<string> | undefined,
): Traced | undefined {
  const from = child.items.length > 0 ? child.from : parent.from;
  if ((type.kind === 'list' || type.kind === 'strings') && type.append) {
    return tracedList(from, [...parent.items, ...child.items]);
  }
  const children = new Map(child.items.map((item) => [keyOf(item, type), item]));
  const parentKeys = new Set<string>();
  const items: Traced[] = [];
  for (const item of parent.items) {
    const key = keyOf(item, type);
    parentKeys.add(key);
    if (removed?.has(key)) continue;
    const merged = mergeItem(item, children.get(key), type, level);
    if (merged) items.push(merged);
  }
  const added = child.items.filter((item) => !parentKeys.has(keyOf(item, type)));
  return tracedList(from, [...items, ...added]);
}

/** A header without a value removes the parent's. */
function mergeItem(parent: Traced, child: Traced | undefined, type: FieldType, level: Level): Traced | undefined {
  if (!child || type.kind !== 'list' || parent.kind !== 'object' || child.kind !== 'object') return child ?? parent;
  if (type.struct === 'HTTPHeader' && !child.fields.has('value')) return undefined;
  return mergeTraced(parent, child, level, type.struct);
}

/** For each list of a shared key space, the keys that the child has in another of them. */
function keysOfOtherKinds(child: TracedObject, struct: string): Map<string, Set<string>> {
  const shared = structOf(struct).shared ?? [];
  const keys = new Map(shared.map((name) => [name, listKeys(child.fields.get(name))]));
  return new Map(
    shared.map((name) => [
      name,
      new Set(shared.filter((other) => other !== name).flatMap((other) => keys.get(other) ?? [])),
    ]),
  );
}

function listKeys(list: Traced | undefined): string[] {
  return list?.kind === 'list' ? list.items.map((item) => scalarOr(item, 'path')) : [];
}

function scalarOr(item: Traced, key: string): string {
  const scalar = item.kind === 'object' ? item.fields.get(key) : item;
  return scalar?.kind === 'scalar' ? String(scalar.value) : '';
}

function keyOf(item: Traced, type: FieldType): string {
  if (item.kind !== 'object') return scalarOr(item, '');
  const keys: JsonObject = {};
  for (const name of [type.kind === 'list' ? (structOf(type.struct).key ?? '') : '', 'number', 'label']) {
    const value = item.fields.get(name);
    if (value?.kind === 'scalar') keys[name] = value.value;
  }
  return itemKey(keys, type);
}
