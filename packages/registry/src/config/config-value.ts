import type { Place } from './config-error.js';

/** A value as it was written, before anybody asks whether its key exists or its type fits. */
export type ConfigValue = ScalarValue | ListValue | MapValue;

export interface ScalarValue {
  readonly kind: 'scalar';
  readonly place: Place;
  /** The characters as written, without quotes. */
  readonly text: string;
  /** True for quoted and block texts, which are texts whatever they look like. */
  readonly quoted: boolean;
  /** What YAML 1.2 takes it for. */
  readonly value: string | number | boolean | null;
}

export interface ListValue {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly ConfigValue[];
}

export interface MapValue {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  /** Where the key stands. */
  readonly place: Place;
  readonly value: ConfigValue;
}

/** True for an absent value, `null` and the empty text: the key is as good as not there. */
export function isUnset(value: ConfigValue | undefined): boolean {
  return value === undefined || (value.kind === 'scalar' && (value.value === null || value.text === ''));
}

/** True when nothing below `value` asks for anything: only null, false, empty texts, lists and mappings of such. */
export function isEmpty(value: ConfigValue | undefined): boolean {
  if (value === undefined) return true;
  if (value.kind === 'list') return value.items.every(isEmpty);
  if (value.kind === 'map') return [...value.entries.values()].every((entry) => isEmpty(entry.value));
  return isUnset(value) || value.value === false;
}

/** The kind of a value in words, for messages; says nothing of its content. */
export function describeKind(value: ConfigValue): string {
  if (value.kind === 'list') return 'a list';
  if (value.kind === 'map') return 'a mapping';
  if (value.value === null) return 'nothing';
  return typeof value.value === 'string' ? 'a text' : `a ${typeof value.value}`;
}

/** A scalar in words, for messages about values that are no secrets. */
export function describeScalar(value: ScalarValue): string {
  const shown = value.text.length > 60 ? `${value.text.slice(0, 60)}…` : value.text;
  return value.quoted || typeof value.value === 'string' ? `the text ${JSON.stringify(shown)}` : shown;
}
