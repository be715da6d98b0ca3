/**
 * A level of the specification: Ignition 3.N, and the fields that a Butane version built on it has. The levels go from 0 to
 * {@link EXPERIMENTAL_LEVEL} (edge.md 1.1).
 */
export type Level = number;

export const EXPERIMENTAL_LEVEL = 7;

const NEVER = -1;

/** What a field holds. `append`: a plain list, which may repeat itself and is concatenated when configs are merged. */
export type FieldType =
  | { kind: 'string' | 'integer' | 'boolean' | 'labels' }
  | { kind: 'strings'; append: boolean }
  | { kind: 'struct'; struct: string }
  | { kind: 'list'; struct: string; append: boolean };

/** One field of an object, in Butane and in Ignition. */
export interface Field {
  /** Name in Butane, snake_case. */
  name: string;
  /** Name in Ignition; absent for sugar, which is translated away. */
  json?: string;
  type: FieldType;
  /** First level that has it. */
  since: Level;
  /** Up to that level it is no optional field: written even when it is unset, and the child's always wins in a merge. */
  plainUntil: Level;
  /** Up to that level an object is held by reference: an empty one is written, and the child's replaces the parent's. */
  referenceUntil: Level;
  about?: string;
}

/** An object: its fields in the order of the JSON output, which is also the order of the checks. */
export interface Struct {
  fields: readonly Field[];
  /** The Ignition field by which items of a list are told apart; partitions have a rule of their own. */
  key?: string;
  /** Ignition fields whose items share one key space. */
  shared?: readonly string[];
}

interface FieldOptions {
  since?: Level;
  json?: string;
  /** Written even when unset; a number: up to that level. */
  plain?: true | Level;
  append?: true;
  /** Held by reference up to that level. */
  reference?: Level;
  about?: string;
}

/** A string. */
export const string = (name: string, options: FieldOptions = {}): Field => field(name, { kind: 'string' }, options);
/** An integer. */
export const integer = (name: string, options: FieldOptions = {}): Field => field(name, { kind: 'integer' }, options);
/** A boolean. */
export const boolean = (name: string, options: FieldOptions = {}): Field => field(name, { kind: 'boolean' }, options);
/** A list of strings. */
export const strings = (name: string, options: FieldOptions = {}): Field =>
  field(name, { kind: 'strings', append: options.append ?? false }, options);
/** An object. */
export const struct = (name: string, type: string, options: FieldOptions = {}): Field =>
  field(name, { kind: 'struct', struct: type }, options);
/** A list of objects. */
export const list = (name: string, type: string, options: FieldOptions = {}): Field =>
  field(name, { kind: 'list', struct: type, append: options.append ?? false }, options);
/** A map from strings to strings, which Ignition does not have. */
export const labels = (name: string): Field => sugar(field(name, { kind: 'labels' }, {}));

/** A field that only Butane has. */
export function sugar(butane: Field): Field {
  const { json: _, ...rest } = butane;
  return rest;
}

function field(name: string, type: FieldType, { since = 0, json, plain, reference, about }: FieldOptions): Field {
  return {
    name,
    json: json ?? camelCase(name),
    type,
    since,
    plainUntil: plain === true ? EXPERIMENTAL_LEVEL : (plain ?? NEVER),
    referenceUntil: reference ?? NEVER,
    ...(about === undefined ? {} : { about }),
  };
}

/** `size_mib` becomes `sizeMiB`, `home_dir` `homeDir` (edge.md 1.6). */
function camelCase(name: string): string {
  return name.replace(/_mib$/, 'MiB').replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
