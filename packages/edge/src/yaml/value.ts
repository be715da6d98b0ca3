/**
 * What a YAML document holds once its scalars have their types. A record is written with sorted keys, as objects of unknown
 * shape are; a Map keeps its order, as objects of known shape do.
 */
export type Value =
  null | boolean | number | bigint | string | Float | Timestamp | Value[] | Fields | Structure | MixedKeys;

/** An object of unknown shape. Made by `fields()`, so that a key such as `__proto__` is a key like any other. */
export interface Fields {
  [key: string]: Value;
}

/** An object whose keys stand in the order of its definition. */
export type Structure = Map<string, Value>;

/** A number that was written with a point or an exponent; its text differs from that of the same integer above 10^20. */
export class Float {
  constructor(readonly value: number) {}
}

/** A point in time that was written without quotes. */
export class Timestamp {
  /** `text`: RFC 3339 with the fraction as short as possible. */
  constructor(readonly text: string) {}
}

/** An object with keys that are not strings, such as `1: a`. */
export class MixedKeys {
  constructor(readonly entries: readonly (readonly [Value, Value])[]) {}
}

/** An object without prototype from pairs; a later pair wins. */
export function fields(entries: Iterable<readonly [string, Value]> = []): Fields {
  const made = Object.create(null) as Fields;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

/** Whether the value is an object of unknown shape. */
export function isFields(value: Value | undefined): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Float) &&
    !(value instanceof Timestamp) &&
    !(value instanceof MixedKeys)
  );
}
