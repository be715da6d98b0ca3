/** A decoded value: what the schema says of its field. Unset fields are absent. */
export type Value = string | number | boolean | readonly Value[] | Values;

/** A decoded object, its fields by their Butane names. */
export interface Values {
  readonly [name: string]: Value | undefined;
}

/** The object in that field; empty when unset. */
export function objectIn(values: Values, name: string): Values {
  const value = values[name];
  return isObject(value) ? value : {};
}

/** The objects in that list; empty when unset. */
export function objectsIn(values: Values, name: string): readonly Values[] {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly Value[]).filter(isObject) : [];
}

/** The strings in that list; empty when unset. */
export function stringsIn(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly Value[]).filter((item) => typeof item === 'string') : [];
}

/** The string in that field. */
export function stringIn(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The integer in that field. */
export function integerIn(values: Values, name: string): number | undefined {
  const value = values[name];
  return typeof value === 'number' ? value : undefined;
}

/** True when the field is set and true. */
export function isTrue(values: Values, name: string): boolean {
  return values[name] === true;
}

function isObject(value: Value | undefined): value is Values {
  return typeof value === 'object' && !Array.isArray(value);
}
