import { isJsonObject, type Schema } from '@longshore/kube';
import { RE2JS } from 're2js';
import { nearestName } from './nearest-name.js';

/** What is wrong with a value at a place in it. */
export interface Problem {
  /** `['spec', 'routes', 0, 'name']` */
  path: readonly (string | number)[];
  message: string;
  /** A field that nobody knows, which the API server would drop. */
  isUnknown: boolean;
}

const MAX_PROBLEMS = 50;

/**
 * Problems of a custom resource by its schema: types, values, missing fields, and fields that nobody knows, with the name that was
 * probably meant. Sees what a cluster lets through whose definitions are older (operator.md 8, rows 3 and 22).
 */
export function inspect(value: unknown, schema: Schema): Problem[] {
  const problems: Problem[] = [];
  walk(value, schema, [], problems);
  return problems.slice(0, MAX_PROBLEMS);
}

/** `spec.routes[0].name` */
export function formatPath(path: Problem['path']): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

type Path = readonly (string | number)[];

function walk(value: unknown, schema: Schema, path: Path, problems: Problem[]): void {
  if (problems.length >= MAX_PROBLEMS) return;
  const tell = (message: string) => problems.push({ path, message, isUnknown: false });
  if (value === null && schema.nullable === true) return;
  if (!hasType(value, schema)) return void tell(`expected ${article(schema)}, found ${nameOf(value)}`);
  if (typeof value === 'string') checkText(value, schema, tell);
  if (typeof value === 'number') checkNumber(value, schema, tell);
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) if (schema.items) walk(item, schema.items, [...path, at], problems);
  } else if (isJsonObject(value)) walkObject(value, schema, path, problems);
}

function walkObject(value: object, schema: Schema, path: Path, problems: Problem[]): void {
  const { properties, additionalProperties, required = [] } = schema;
  for (const key of required) {
    if (!Object.hasOwn(value, key)) problems.push({ path: [...path, key], message: 'is required', isUnknown: false });
  }
  for (const [key, item] of Object.entries(value)) {
    const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known !== undefined) walk(item, known, [...path, key], problems);
    else if (typeof additionalProperties === 'object') walk(item, additionalProperties, [...path, key], problems);
    else if (properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      const near = nearestName(key, Object.keys(properties));
      const hint = near === undefined ? '' : `; did you mean ${formatPath([...path, near])}?`;
      problems.push({ path: [...path, key], message: `is no field of this kind${hint}`, isUnknown: true });
    }
  }
}

function hasType(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || Number.isSafeInteger(value);
  switch (schema.type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case undefined:
      return true;
    default:
      return typeof value === schema.type;
  }
}

function checkText(
  value: string,
  { enum: values, pattern, maxLength, minLength }: Schema,
  tell: (text: string) => void,
) {
  if (values !== undefined && !values.includes(value)) {
    tell(`expected one of ${values.map((one) => JSON.stringify(one)).join(', ')}, found ${JSON.stringify(value)}`);
  }
  const isShort = value.length <= 4096;
  if (pattern !== undefined && !(isShort && matches(pattern, value))) {
    tell(`expected a text that matches ${pattern}, found ${JSON.stringify(value.slice(0, 100))}`);
  }
  if (maxLength !== undefined && value.length > maxLength) tell(`expected at most ${maxLength} characters`);
  if (minLength !== undefined && value.length < minLength) tell(`expected at least ${minLength} characters`);
}

const compiled = new Map<string, RE2JS>();

/** In linear time, as the API server does. The patterns are those of our schemas. */
function matches(pattern: string, value: string): boolean {
  const known = compiled.get(pattern) ?? RE2JS.compile(pattern);
  compiled.set(pattern, known);
  return known.matcher(value).find();
}

function checkNumber(value: number, { minimum, maximum }: Schema, tell: (text: string) => void): void {
  if (minimum !== undefined && value < minimum) tell(`expected at least ${minimum}, found ${value}`);
  if (maximum !== undefined && value > maximum) tell(`expected at most ${maximum}, found ${value}`);
}

function article(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'a quantity';
  const { type = '' } = schema;
  const named: Record<string, string> = { string: 'a text', boolean: 'true or false', integer: 'a whole number' };
  return named[type] ?? `an ${type}`;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `${typeof value === 'string' ? 'the text' : `the ${typeof value}`} ${JSON.stringify(value).slice(0, 100)}`;
}
