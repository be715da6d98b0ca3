import type { ConfigValue, MapValue } from './config-value.js';
import { describeKind, isEmpty, isUnset } from './config-value.js';
import type { ProblemList } from './config-error.js';
import { didYouMean } from './nearest.js';
import type { SectionShape, Setting, Where } from './setting.js';
import { findKey, INVALID, joinPath } from './setting.js';

type Keys<T> = { readonly [K in keyof T]-?: Setting<T[K]> };

/** What rules across the keys of a section see: the keys that were read without a problem. */
export interface SectionCheck<T> {
  readonly values: Partial<T>;
  /** The keys for which something was written, right or wrong, in the order of the writing. */
  readonly given: readonly string[];
  /** Adds a problem at a key (or a path below one), or at the section when the key was not written. */
  readonly report: (key: string, text: string) => void;
  /** Adds what is no mistake, in the same way. */
  readonly note: (key: string, text: string) => void;
}

export interface SectionOptions<T> {
  about: string;
  keys: Keys<T>;
  /** Keys that are understood but leave nothing in the result: without effect, or refused. */
  extras?: Readonly<Record<string, Setting<unknown>>>;
  aliases?: Readonly<Record<string, string>>;
  bareName?: boolean;
  check?: (section: SectionCheck<T>) => void;
}

/** A mapping with known keys; absent ones take their defaults. */
export function section<T extends object>(options: SectionOptions<T>): Setting<T> {
  const { about, keys, extras = {}, aliases = {}, bareName = false, check } = options;
  const shape: SectionShape = { kind: 'section', keys: { ...keys, ...extras }, aliases, bareName };
  return {
    about,
    shape,
    read(value, where, problems) {
      const map = asMap(value, shape, where, problems);
      if (map === INVALID) return INVALID;
      const given = sortEntries(map, shape, where, problems);
      const values: Record<string, unknown> = {};
      let valid = given.size === (map?.entries.size ?? 0);
      for (const [key, setting] of Object.entries(shape.keys)) {
        const entry = given.get(key);
        const keyWhere = { path: joinPath(where.path, key), place: entry?.place ?? where.place };
        const result = setting.read(entry?.value, keyWhere, problems);
        if (result === INVALID) valid = false;
        else if (result !== undefined && Object.hasOwn(keys, key)) values[key] = result;
      }
      const placeOf = (key: string) => given.get(key.split('.')[0]!)?.place ?? where.place;
      const pathOf = (key: string) => (key === '' ? where.path : joinPath(where.path, key));
      check?.({
        values: values as Partial<T>,
        given: [...given.keys()],
        report: (key, text) => {
          valid = false;
          problems.add(placeOf(key), pathOf(key), text);
        },
        note: (key, text) => problems.note(placeOf(key), pathOf(key), text),
      });
      return valid ? (values as T) : INVALID;
    },
  };
}

/** A section that may be absent. `present` says whether what was written asks for it; by default any key does. */
export function optionalSection<T extends object>(
  options: SectionOptions<T> & { present?: (map: MapValue) => boolean },
): Setting<T | undefined> {
  const inner = section(options);
  const shape = inner.shape as SectionShape;
  const { present = (map) => [...map.entries.keys()].some((key) => hasValue(map, key)) } = options;
  return {
    about: inner.about,
    shape,
    read(value, where, problems) {
      const map = asMap(value, shape, where, problems);
      if (map === undefined || map === INVALID) return map;
      return present(map) ? inner.read(map, where, problems) : readUnused(map, shape, where, problems);
    },
  };
}

/** A setting that is left out when nothing is written for it; an empty value counts as written. */
export function unlessAbsent<T>(setting: Setting<T>): Setting<T | undefined> {
  return {
    ...setting,
    read: (value, where, problems) => (value === undefined ? undefined : setting.read(value, where, problems)),
  };
}

/** True when `key` stands in `map` with a value. */
export function hasValue(map: MapValue, key: string): boolean {
  return !isUnset(map.entries.get(key)?.value);
}

/** Finds mistakes in the keys of a section that is not asked for, without missing those that are not there. */
function readUnused(
  map: MapValue,
  shape: SectionShape,
  where: Where,
  problems: ProblemList,
): undefined | typeof INVALID {
  const known = sortEntries(map, shape, where, problems);
  let valid = known.size === map.entries.size;
  for (const [key, { place, value }] of known) {
    if (isUnset(value)) continue;
    const result = shape.keys[key]!.read(value, { path: joinPath(where.path, key), place }, problems);
    if (result === INVALID) valid = false;
  }
  return valid ? undefined : INVALID;
}

function asMap(
  value: ConfigValue | undefined,
  shape: SectionShape,
  where: Where,
  problems: ProblemList,
): MapValue | undefined | typeof INVALID {
  if (value === undefined || isUnset(value)) return undefined;
  const map = shape.bareName ? expandBareName(value) : value;
  if (map.kind === 'map') return map;
  problems.add(value.place, where.path, `expected a mapping of keys, found ${describeKind(value)}`);
  return INVALID;
}

/** `filesystem` as `{filesystem: {}}`; anything but a name unchanged. */
export function expandBareName(value: ConfigValue): ConfigValue {
  if (value.kind !== 'scalar' || isUnset(value)) return value;
  const inner: MapValue = { kind: 'map', place: value.place, entries: new Map() };
  return { ...inner, entries: new Map([[value.text, { place: value.place, value: inner }]]) };
}

/** The entries by the keys they are for; says which are unknown or given under two names. */
function sortEntries(
  map: MapValue | undefined,
  shape: SectionShape,
  where: Where,
  problems: ProblemList,
): ReadonlyMap<string, { place: Where['place']; value: ConfigValue }> {
  const sorted = new Map<string, { place: Where['place']; value: ConfigValue }>();
  for (const [name, entry] of map?.entries ?? []) {
    const key = findKey(shape, name);
    if (key === undefined) {
      const names = [...Object.keys(shape.keys), ...Object.keys(shape.aliases)];
      problems.add(entry.place, joinPath(where.path, name), `unknown key${didYouMean(name, names)}`);
    } else if (sorted.has(key)) {
      const twice = `"${name}" is another name of "${key}", which is given too; keep one of the two`;
      problems.add(entry.place, joinPath(where.path, name), twice);
    } else {
      sorted.set(key, entry);
    }
  }
  return sorted;
}

export interface ListOptions<T> {
  about: string;
  type: string;
  item: Setting<T>;
  orOne?: boolean;
  /** Set for lists that must hold something: what to write. */
  required?: string;
}

/** A list. With `orOne`, a single item may stand without the brackets. */
export function list<T>(options: ListOptions<T>): Setting<T[]> {
  const { about, type, item, orOne = false, required } = options;
  return {
    about,
    shape: { kind: 'list', type, fallback: required === undefined ? '[]' : 'required', item },
    read(value, where, problems) {
      if (value === undefined || isUnset(value) || (value.kind === 'list' && value.items.length === 0)) {
        if (required === undefined) return [];
        problems.add(value?.place ?? where.place, where.path, `missing; write ${required}`);
        return INVALID;
      }
      if (value.kind !== 'list' && !(orOne && value.kind === 'scalar')) {
        problems.add(value.place, where.path, `expected ${type}, found ${describeKind(value)}`);
        return INVALID;
      }
      const items = value.kind === 'list' ? value.items : [value];
      const results: T[] = [];
      for (const [index, each] of items.entries()) {
        const path = value.kind === 'list' ? `${where.path}[${index}]` : where.path;
        const result = item.read(each, { path, place: each.place }, problems);
        if (result !== INVALID) results.push(result);
      }
      return results.length === items.length ? results : INVALID;
    },
  };
}

/** A list that may be absent. */
export function optionalList<T>(options: ListOptions<T>): Setting<T[] | undefined> {
  const inner = list(options);
  return {
    about: inner.about,
    shape: { kind: 'list', type: options.type, fallback: '–', item: options.item },
    read: (value, where, problems) => (isUnset(value) ? undefined : inner.read(value, where, problems)),
  };
}

/** A mapping with free keys. */
export function mapOf<T>(options: {
  about: string;
  type: string;
  item: Setting<T>;
  /** Says in words what a key must be when it will not do. */
  checkKey: (key: string) => string | undefined;
  variableKey: (rest: string) => string;
}): Setting<Record<string, T>> {
  const { about, type, item, checkKey, variableKey } = options;
  return {
    about,
    shape: { kind: 'map', type, fallback: '{}', variableKey },
    read(value, where, problems) {
      if (value === undefined || isUnset(value)) return {};
      if (value.kind !== 'map') {
        problems.add(value.place, where.path, `expected ${type}, found ${describeKind(value)}`);
        return INVALID;
      }
      const results: [string, T][] = [];
      for (const [key, entry] of value.entries) {
        const path = joinPath(where.path, key);
        const expected = checkKey(key);
        if (expected !== undefined) problems.add(entry.place, path, `expected ${expected}`);
        const result = item.read(entry.value, { path, place: entry.place }, problems);
        if (expected === undefined && result !== INVALID) results.push([key, result]);
      }
      return results.length === value.entries.size ? Object.fromEntries(results) : INVALID;
    },
  };
}

/** A key of distribution that this version does not have: it may stand there empty, or `false`. */
export function refused(about: string, options: { evenEmpty?: boolean } = {}): Setting<undefined> {
  return {
    about,
    shape: { kind: 'refused' },
    read(value, where, problems) {
      if (options.evenEmpty ? value === undefined : isEmpty(value)) return undefined;
      problems.add(where.place, where.path, about);
      return INVALID;
    },
  };
}

/** A setting with a note for whoever writes it, when `applies` to its value: that it has no effect, and why. */
export function withNote<T>(
  setting: Setting<T>,
  note: string,
  applies: (value: T) => boolean = () => true,
): Setting<T> {
  return {
    ...setting,
    read(value, where, problems) {
      const result = setting.read(value, where, problems);
      if (!isUnset(value) && result !== INVALID && applies(result)) problems.note(where.place, where.path, note);
      return result;
    },
  };
}
