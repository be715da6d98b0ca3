/** Problems of single fields, worded as Kubernetes words them (apimachinery `util/validation/field`). */
import type { CauseType, StatusCause } from '@longshore/kube';

/** An object with more problems is told of this many. */
export const MAX_CAUSES = 100;
/** Longer values are cut in messages. */
const MAX_SHOWN = 1024;
/** Of a field's path, which has keys as long as clients like; and of a message. */
const MAX_TEXT = 8192;

/** The first problems of many, of which no more are looked for. */
export function* firstOf(count: number, causes: Iterable<StatusCause>): Generator<StatusCause> {
  let left = count;
  for (const cause of causes) {
    yield cause;
    if (--left === 0) return;
  }
}

/** A string as Go quotes it (`%q`). */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text).replace(
    /\\u00([0-9a-f]{2})/g,
    '\\x$1',
  );
}

function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '"null"';
  const isStrings = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isStrings) return `[]string{${value.map((item) => quote(item)).join(', ')}}`;
  return JSON.stringify(value).slice(0, MAX_SHOWN);
}

function cause(reason: CauseType, field: string, words: string, detail = ''): StatusCause {
  return { reason, message: cut(detail === '' ? words : `${words}: ${detail}`), field: cut(field) || '<nil>' };
}

const cut = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text);

/** `Required value`, or `Required value: detail`. */
export function requiredValue(field: string, detail?: string): StatusCause {
  return cause('FieldValueRequired', field, 'Required value', detail);
}

/** `Invalid value: "x": detail` */
export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return cause('FieldValueInvalid', field, `Invalid value: ${show(value)}`, detail);
}

/** As {@link invalidValue}, where the type is what is wrong. */
export function invalidType(field: string, value: unknown, detail: string): StatusCause {
  return cause('FieldValueTypeInvalid', field, `Invalid value: ${show(value)}`, detail);
}

/** `Unsupported value: "x": supported values: "a", "b"` */
export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
  return cause('FieldValueNotSupported', field, `Unsupported value: ${show(value)}`, detail);
}

export function duplicateValue(field: string, value: unknown): StatusCause {
  return cause('FieldValueDuplicate', field, `Duplicate value: ${show(value)}`);
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return cause('FieldValueForbidden', field, 'Forbidden', detail);
}

/** What the field refers to is not there. */
export function valueNotFound(field: string, value: unknown): StatusCause {
  return cause('FieldValueNotFound', field, `Not found: ${show(value)}`);
}

export function tooLong(field: string, max: number): StatusCause {
  return cause('FieldValueTooLong', field, 'Too long', `may not be more than ${max} byte${max === 1 ? '' : 's'}`);
}

export function tooMany(field: string, actual: number, max: number): StatusCause {
  return cause(
    'FieldValueTooMany',
    field,
    `Too many: ${actual}`,
    `must have at most ${max} item${max === 1 ? '' : 's'}`,
  );
}
