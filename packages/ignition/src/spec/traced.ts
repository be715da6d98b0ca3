import type { Path } from '../source/diagnostic.js';
import type { Field, FieldType, Level } from '../schema/field.js';
import { jsonFieldsOf, type JsonObject, type JsonValue } from './decode.js';

/** A JSON value that remembers from which place of the source each part came, through sugar and merges. */
export type Traced = TracedScalar | TracedList | TracedObject;

export interface TracedScalar {
  kind: 'scalar';
  value: string | number | boolean;
  from: Path;
}

export interface TracedList {
  kind: 'list';
  items: Traced[];
  from: Path;
}

/** Fields by their JSON names. */
export interface TracedObject {
  kind: 'object';
  fields: Map<string, Traced>;
  from: Path;
}

/** An object without fields. */
export function tracedObject(from: Path, fields: Iterable<readonly [string, Traced]> = []): TracedObject {
  return { kind: 'object', fields: new Map(fields), from };
}

/** A list. */
export function tracedList(from: Path, items: Traced[]): TracedList {
  return { kind: 'list', items, from };
}

/** A plain value, all of which came from one place. */
export function traced(value: JsonValue, from: Path): Traced {
  if (Array.isArray(value))
    return tracedList(
      from,
      value.map((item) => traced(item, from)),
    );
  if (typeof value !== 'object') return { kind: 'scalar', value, from };
  const object = tracedObject(from);
  for (const [name, part] of Object.entries(value)) if (part !== undefined) object.fields.set(name, traced(part, from));
  return object;
}

/** The plain value of a config: keys in the order of the output, without empty objects and lists (edge.md 1.6). */
export function plainObject(object: TracedObject, struct: string, level: Level): JsonObject {
  const plain: JsonObject = {};
  for (const field of jsonFieldsOf(struct, level)) {
    const value = object.fields.get(field.json ?? '');
    const written = value ? plainValue(value, field, level) : undefined;
    if (written !== undefined) plain[field.json ?? ''] = written;
    else if (field.plainUntil >= level) plain[field.json ?? ''] = '';
  }
  return plain;
}

function plainValue(value: Traced, { type, name, referenceUntil }: Field, level: Level): JsonValue | undefined {
  if (value.kind === 'scalar') return isDroppedZero(value.value, name) ? undefined : value.value;
  if (value.kind === 'list') return value.items.length === 0 ? undefined : plainList(value, type, level);
  const object = plainObject(value, type.kind === 'struct' ? type.struct : '', level);
  return Object.keys(object).length === 0 && referenceUntil < level ? undefined : object;
}

/** The number of a partition is the only optional integer that does not tell 0 from unset. */
function isDroppedZero(value: string | number | boolean, name: string): boolean {
  return value === 0 && name === 'number';
}

function plainList({ items }: TracedList, type: FieldType, level: Level): JsonValue[] {
  return items.map((item) => {
    if (item.kind === 'object' && type.kind === 'list') return plainObject(item, type.struct, level);
    return item.kind === 'scalar' ? item.value : '';
  });
}

/**
 * The place in the source of a path of the output. Where nothing stands at the path, its names in the words of the source,
 * which is a guess (edge.md 1.2, stage 7); `prefix` is where the output has the config.
 */
export function sourcePath(root: TracedObject, path: Path, prefix: Path = []): Path {
  let node: Traced | undefined = root;
  for (const part of path) {
    if (node?.kind === 'object' && typeof part === 'string') node = node.fields.get(part);
    else if (node?.kind === 'list' && typeof part === 'number') node = node.items[part];
    else node = undefined;
  }
  return node?.from ?? [...prefix, ...path].map((part) => (typeof part === 'string' ? snakeCase(part) : part));
}

function snakeCase(name: string): string {
  return name.replaceAll(/MiB|[A-Z]/g, (letters) => `_${letters}`).toLowerCase();
}
