import type { ScalarValue } from './config-value.js';
import { describeKind, describeScalar, isUnset } from './config-value.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import { formatDuration, parseDuration } from './duration.js';
import { didYouMean } from './nearest.js';
import type { Setting } from './setting.js';
import { INVALID } from './setting.js';

/** What a scalar was understood as, or in words what was expected instead (`hint` follows what was found). */
type Parsed<T> = { readonly value: T } | { readonly expected: string; readonly hint?: string };

interface ValueOptions<T, F> {
  about: string;
  type: string;
  /** The value when the key is absent; required settings have none. */
  fallback: F;
  /** The fallback as the reference page shows it. */
  shownFallback: string;
  /** Set for keys that must be there: what to write. */
  required?: string;
  /** True when the empty text is a value, and not as good as nothing. */
  takesEmpty?: boolean;
  /** Never show the value. */
  secret?: boolean;
  parse: (scalar: ScalarValue) => Parsed<T>;
}

function valueSetting<T, F>(options: ValueOptions<T, F>): Setting<T | F> {
  const { about, type, shownFallback, parse } = options;
  return {
    about,
    shape: { kind: 'value', type, fallback: options.required ? 'required' : shownFallback },
    read(value, where, problems) {
      const fail = (text: string): typeof INVALID => {
        problems.add(isUnset(value) ? where.place : value!.place, where.path, text);
        return INVALID;
      };
      const empty = options.takesEmpty === true && value?.kind === 'scalar' && value.value === '';
      if (value === undefined || (isUnset(value) && !empty)) {
        return options.required === undefined ? options.fallback : fail(`missing; write ${options.required}`);
      }
      if (value.kind !== 'scalar') return fail(`expected ${type}, found ${describeKind(value)}`);
      const parsed = parse(value);
      if ('value' in parsed) return parsed.value;
      const found = options.secret ? 'something else' : describeScalar(value);
      return fail(`expected ${parsed.expected}, found ${found}${parsed.hint ?? ''}`);
    },
  };
}

interface TextOptions {
  about: string;
  /** In words, with article: `a path`. */
  type?: string;
  required?: string;
  secret?: boolean;
  /** Says in words what was expected when the text will not do. */
  check?: (text: string) => string | undefined;
}

/** A text that has a default, or must be there. A number or boolean counts as the text it was written with. */
export function text(options: TextOptions & ({ fallback: string } | { required: string })): Setting<string> {
  const fallback = 'fallback' in options ? options.fallback : '';
  return valueSetting<string, string>({ ...textOptions(options), fallback, shownFallback: quote(fallback) });
}

/** A text that may be absent. */
export function optionalText(options: TextOptions): Setting<string | undefined> {
  return valueSetting<string, undefined>({ ...textOptions(options), fallback: undefined, shownFallback: '–' });
}

function textOptions(options: TextOptions): Pick<ValueOptions<string, never>, 'about' | 'type' | 'parse'> {
  return {
    ...options,
    type: options.type ?? 'a text',
    parse({ text }) {
      if (text.length > 4096) return { expected: 'a text of at most 4096 characters' };
      if (/[\u0000-\u001f\u007f]/.test(text)) return { expected: 'a text without control characters' };
      const expected = options.check?.(text);
      return expected === undefined ? { value: text } : { expected };
    },
  };
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'n'].map((word) => [word, false] as const),
]);

/** True or false. The words of YAML 1.1 (`yes`, `off`) are understood, because distribution's parser does. */
export function flag(options: { about: string; fallback: boolean }): Setting<boolean> {
  return valueSetting<boolean, boolean>({
    ...options,
    type: 'true or false',
    shownFallback: `${options.fallback}`,
    parse({ text, quoted }) {
      const value = BOOLEANS.get(text.toLowerCase());
      if (value === undefined) return { expected: 'true or false' };
      return quoted ? { expected: 'true or false', hint: '; remove the quotes' } : { value };
    },
  });
}

/** A whole number from `min` to `max`. */
export function integer(options: { about: string; fallback: number; min: number; max?: number }): Setting<number> {
  const { min, max = 2 ** 31 - 1 } = options;
  return valueSetting<number, number>({
    ...options,
    type: 'a whole number',
    shownFallback: `${options.fallback}`,
    parse: ({ value, quoted }) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? { value }
        : { expected: `a whole number from ${min} to ${max}`, hint: quoted ? '; remove the quotes' : '' },
  });
}

/** One of some words. `spellings` are further ways to write them. */
export function choice<T extends string>(options: {
  about: string;
  values: readonly T[];
  fallback: NoInfer<T>;
  /** Set for keys that must be there: what to write. */
  required?: string;
  spellings?: Readonly<Record<string, NoInfer<T>>>;
  /** What to say about values that others have and this version does not. */
  refused?: Readonly<Record<string, string>>;
}): Setting<T> {
  const { values, spellings = {}, refused = {} } = options;
  const list = values.map(quote).join(', ');
  return valueSetting<T, T>({
    ...options,
    type: values.length === 1 ? list : `one of ${list}`,
    takesEmpty: values.some((value) => value === ''),
    shownFallback: quote(options.fallback),
    parse({ text }) {
      const value = values.find((each) => each === text) ?? own(spellings, text);
      if (value !== undefined) return { value };
      const reason = own(refused, text);
      const hint = reason === undefined ? didYouMean(text, values) : `; ${reason}`;
      return { expected: values.length === 1 ? list : `one of ${list}`, hint };
    },
  });
}

/** A duration in Go's notation, as milliseconds. */
export function duration(options: { about: string; fallback: string; min?: string; max?: string }): Setting<number> {
  const min = parseDuration(options.min ?? '0')!;
  const max = parseDuration(options.max ?? LONGEST_TIMER)!;
  return valueSetting<number, number>({
    ...options,
    type: 'a duration',
    fallback: parseDuration(options.fallback)!,
    shownFallback: options.fallback,
    parse({ text, value }) {
      const parsed = parseDuration(text);
      if (parsed === undefined) {
        const hint = typeof value === 'number' ? '; add the unit' : '';
        return { expected: 'a duration such as 500ms, 10s, 1m30s or 168h', hint };
      }
      if (parsed >= min && parsed <= max) return { value: parsed };
      return { expected: `a duration from ${formatDuration(min)} to ${formatDuration(max)}` };
    },
  });
}

/** Node's timers fire at once when they are to wait longer than 2^31 - 1 ms; this is the last full hour before. */
const LONGEST_TIMER = '596h';

/** A size, as bytes. */
export function byteSize(options: { about: string; fallback: string; min: string; max: string }): Setting<number> {
  const [min, max] = [parseByteSize(options.min)!, parseByteSize(options.max)!];
  return valueSetting<number, number>({
    ...options,
    type: 'a size',
    fallback: parseByteSize(options.fallback)!,
    shownFallback: options.fallback,
    parse({ text }) {
      const value = parseByteSize(text);
      if (value === undefined) return { expected: 'a size such as 4MiB, 4MB or 4194304' };
      if (value >= min && value <= max) return { value };
      return { expected: `a size from ${formatByteSize(min)} to ${formatByteSize(max)}` };
    },
  });
}

/** A whole number from `min` to `max`, or one word. */
export function integerOrWord<W extends string>(options: {
  about: string;
  word: W;
  min: number;
  max: number;
}): Setting<number | W> {
  const { word, min, max } = options;
  return valueSetting<number | W, W>({
    ...options,
    type: `a whole number or ${quote(word)}`,
    fallback: word,
    shownFallback: quote(word),
    parse({ text, value }) {
      if (text === word) return { value: word };
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return { value };
      return { expected: `a whole number from ${min} to ${max} or ${quote(word)}` };
    },
  });
}

function own<V>(record: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function quote(word: string): string {
  return JSON.stringify(word);
}
