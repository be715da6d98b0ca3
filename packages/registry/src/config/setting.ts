import type { Place, ProblemList } from './config-error.js';
import type { ConfigValue } from './config-value.js';

/** The result of reading a value in which a problem was found. */
export const INVALID = Symbol('invalid');

/** The place and path under which problems with a value are told. */
export interface Where {
  readonly path: string;
  readonly place: Place;
}

/** How one key of the configuration is read, described and overridden. */
export interface Setting<T> {
  /** What the key does, one or two sentences for the reference page. */
  readonly about: string;
  readonly shape: Shape;
  /** Reads what was written for the key (undefined: nothing) and adds problems; INVALID when there were any. */
  read(value: ConfigValue | undefined, where: Where, problems: ProblemList): T | typeof INVALID;
}

export type Shape =
  | {
      readonly kind: 'value' | 'list';
      readonly type: string;
      readonly fallback: string;
      readonly item?: Setting<unknown>;
    }
  /** A mapping whose keys are free. `variableKey` turns the end of a variable's name into such a key. */
  | {
      readonly kind: 'map';
      readonly type: string;
      readonly fallback: string;
      readonly variableKey: (rest: string) => string;
    }
  | SectionShape
  /** A key of distribution that this version does not have. */
  | { readonly kind: 'refused' };

export interface SectionShape {
  readonly kind: 'section';
  readonly keys: Readonly<Record<string, Setting<unknown>>>;
  /** Other names of keys. */
  readonly aliases: Readonly<Record<string, string>>;
  /** True when a bare name `x` stands for `{x: {}}` and, in a variable, replaces the whole section. */
  readonly bareName: boolean;
}

/** The key of a section that `name` stands for, if any. */
export function findKey(section: SectionShape, name: string): string | undefined {
  if (Object.hasOwn(section.keys, name)) return name;
  return Object.hasOwn(section.aliases, name) ? section.aliases[name] : undefined;
}

/** The path of `key` below `path`. */
export function joinPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
