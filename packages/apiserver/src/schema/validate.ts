import { jsonEqual, type Schema, type StatusCause } from '@longshore/kube';
import {
  invalidType,
  invalidValue,
  MAX_CAUSES,
  quote,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
} from './field-error.js';
import { formatCheck } from './format.js';
import { canonical, isObject, own, typeOf, type JsonObject } from './json.js';
import { checkListTypes, replacedItems } from './list-type.js';
import { formatPath, type Path } from './path.js';
import { compilePattern } from './pattern.js';

/** What a walk has found. `passed` counts checks that held, by which the best of several alternatives is chosen. */
interface Findings {
  path: Path;
  /** What stands before the path in causes. */
  root: string;
  causes: StatusCause[];
  passed: number;
  /** What the value at the path replaces; undefined where there was nothing, or nobody can tell. */
  old: unknown;
}

type Check = (value: unknown, findings: Findings) => void;

const checks = new WeakMap<Schema, Check>();

/**
 * The problems of a custom resource by its schema, worded as the API server of Kubernetes words them.
 * `root` is the field that the value is in; empty for a whole object. `old` is what the value replaces: problems of parts that
 * are as they were before are passed over, so that a schema may become stricter (Kubernetes, "Validation ratcheting").
 */
export function validateSchema(value: unknown, schema: Schema, root = '', old?: unknown): StatusCause[] {
  const findings: Findings = { path: [], root, causes: [], passed: 0, old };
  checkOf(schema)(value, findings);
  const ofLists = findings.causes.length < MAX_CAUSES ? checkListTypes(value, schema, root) : [];
  const wereLists = ofLists.length > 0 && old !== undefined && checkListTypes(old, schema, root).length > 0;
  return [...findings.causes, ...(wereLists ? [] : ofLists)].slice(0, MAX_CAUSES);
}

function checkOf(schema: Schema): Check {
  const known = checks.get(schema);
  if (known) return known;
  let compiled: Check | undefined;
  const check: Check = (value, findings) => (compiled ??= compile(schema))(value, findings);
  checks.set(schema, check);
  return check;
}

const field = ({ path, root }: Findings) => formatPath(path, root);
const inBody = ({ path }: Findings) => `${formatPath(path)} in body`;

function fail(findings: Findings, value: unknown, words: string): void {
  findings.causes.push(invalidValue(field(findings), value, `${inBody(findings)} ${words}`));
}

function compile(schema: Schema): Check {
  const type = checkType(schema);
  const anyValue = [checkAlternatives(schema)].filter((check) => check !== undefined);
  const enumeration = checkEnum(schema);
  const byType: Partial<Record<ReturnType<typeof typeOf>, Check[]>> = {
    string: [checkString(schema)],
    integer: [checkNumber(schema)],
    number: [checkNumber(schema)],
    array: [checkArray(schema)],
    object: [checkObject(schema)],
  };
  return (value, findings) => {
    if (findings.causes.length >= MAX_CAUSES) return;
    const before = findings.causes.length;
    type(value, findings);
    if (value !== null) {
      for (const check of anyValue) check(value, findings);
      for (const check of byType[typeOf(value)] ?? []) check(value, findings);
    }
    enumeration?.(value, findings);
    const isUnchanged = () => findings.old !== undefined && jsonEqual(value, findings.old);
    if (findings.causes.length > before && isUnchanged()) findings.causes.length = before;
    if (findings.causes.length === before) findings.passed++;
  };
}

const INTEGER_RANGES: Record<string, [number, number]> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

function checkType(schema: Schema): Check {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  return (value, findings) => {
    if (types.length === 0) return;
    const actual = typeOf(value);
    if (actual === 'null' && schema.nullable) return;
    if (types.some((type) => type === actual || (type === 'number' && actual === 'integer'))) return;
    const detail = `${inBody(findings)} must be of type ${types.join(',')}: ${quote(actual)}`;
    findings.causes.push(invalidType(field(findings), actual, detail));
  };
}

function checkEnum({ enum: allowed }: Schema): Check | undefined {
  if (!allowed || allowed.length === 0) return undefined;
  const texts = new Set(allowed.map(canonical));
  const shown = allowed.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return (value, findings) => {
    if (!texts.has(canonical(value))) findings.causes.push(unsupportedValue(field(findings), value, shown));
  };
}

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

function checkString({ minLength, maxLength, pattern, format }: Schema): Check {
  const matches = pattern === undefined ? undefined : compilePattern(pattern);
  const hasFormat = format === undefined ? undefined : formatCheck(format);
  return (value, findings) => {
    const text = value as string;
    if (maxLength !== undefined && text.length > maxLength && codePoints(text) > maxLength)
      findings.causes.push(tooLong(field(findings), maxLength));
    else if (minLength !== undefined && codePoints(text) < minLength)
      fail(findings, text, `should be at least ${minLength} chars long`);
    else if (matches && !matches(text)) fail(findings, text, `should match '${pattern}'`);
    if (hasFormat && !hasFormat(text)) {
      const detail = `${inBody(findings)} must be of type ${format}: ${quote(text)}`;
      findings.causes.push(invalidType(field(findings), text, detail));
    }
  };
}

function checkNumber(schema: Schema): Check {
  const { type, format, multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const range = type === 'integer' ? INTEGER_RANGES[format === 'int32' ? 'int32' : 'int64'] : undefined;
  return (value, findings) => {
    const number = value as number;
    if (range && (number < range[0] || number > range[1])) {
      const as = format === undefined ? '(default format)' : `with format ${format}`;
      const detail = `Checked value must be of type integer ${as} in ${formatPath(findings.path)}`;
      findings.causes.push(invalidValue(field(findings), number, detail));
    }
    if (multipleOf !== undefined && !isMultiple(number, multipleOf))
      fail(findings, number, `should be a multiple of ${multipleOf}`);
    if (maximum !== undefined && (exclusiveMaximum ? number >= maximum : number > maximum))
      fail(findings, number, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
    if (minimum !== undefined && (exclusiveMinimum ? number <= minimum : number < minimum))
      fail(findings, number, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  };
}

function isMultiple(number: number, factor: number): boolean {
  return Number.isInteger(factor < 1 ? (1 / factor) * number : number / factor);
}

/** Checks a part of the value. */
function checkPart(check: Check, part: unknown, step: Path[number], old: unknown, findings: Findings): void {
  const outer = findings.old;
  findings.path.push(step);
  findings.old = old;
  check(part, findings);
  findings.old = outer;
  findings.path.pop();
}

function checkArray(schema: Schema): Check {
  const { minItems, maxItems, uniqueItems, items } = schema;
  const checkItem = items && checkOf(items);
  return (value, findings) => {
    const list = value as unknown[];
    if (checkItem) {
      const replaced = replacedItems(list, findings.old, schema);
      for (let at = 0; at < list.length; at++) checkPart(checkItem, list[at], at, replaced?.[at], findings);
    }
    if (minItems !== undefined && list.length < minItems)
      fail(findings, list.length, `should have at least ${minItems} items`);
    if (maxItems !== undefined && list.length > maxItems)
      findings.causes.push(tooMany(field(findings), list.length, maxItems));
    if (uniqueItems && new Set(list.map(canonical)).size < list.length)
      fail(findings, '', "shouldn't contain duplicates");
  };
}

function checkObject(schema: Schema): Check {
  const { minProperties, maxProperties, additionalProperties, required = [] } = schema;
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, checkOf(child)]));
  const others = typeof additionalProperties === 'object' ? checkOf(additionalProperties) : undefined;
  return (value, findings) => {
    const object = value as JsonObject;
    const { old } = findings;
    const keys = Object.keys(object);
    if (minProperties !== undefined && keys.length < minProperties)
      fail(findings, keys.length, `should have at least ${minProperties} properties`);
    if (maxProperties !== undefined && keys.length > maxProperties)
      findings.causes.push(tooMany(field(findings), keys.length, maxProperties));
    for (const key of keys) {
      const check = properties.get(key) ?? others;
      if (check) checkPart(check, object[key], key, isObject(old) ? own(old, key) : undefined, findings);
      else if (additionalProperties === false) forbidKey(findings, key);
    }
    for (const key of required) {
      if (own(object, key) === undefined)
        findings.causes.push(requiredValue(formatPath([...findings.path, key], findings.root)));
    }
  };
}

function forbidKey(findings: Findings, key: string): void {
  const inner = formatPath([...findings.path, key]);
  findings.causes.push(invalidValue(field(findings), key, `${inner} in body is a forbidden property`));
}

/** `anyOf`, `oneOf`, `allOf`, `not`: of failed alternatives, the problems of the one that fits best are told too. */
function checkAlternatives({ anyOf, oneOf, allOf, not }: Schema): Check | undefined {
  if (!anyOf && !oneOf && !allOf && !not) return undefined;
  const [any, one, all] = [anyOf, oneOf, allOf].map((schemas = []) => schemas.map(checkOf)) as [
    Check[],
    Check[],
    Check[],
  ];
  const never = not && checkOf(not);
  return (value, findings) => {
    const name = quote(formatPath(findings.path));
    const tell = (words: string) => findings.causes.push(invalidValue(findings.root, '', `${name} ${words}`));
    const tryAll = (alternatives: Check[]) => alternatives.map((check) => attempt(check, value, findings));
    if (any.length > 0) {
      const tried = tryAll(any);
      if (!tried.some(isClean)) {
        tell('must validate at least one schema (anyOf)');
        findings.causes.push(...best(tried));
      }
    }
    if (one.length > 0) {
      const tried = tryAll(one);
      const valid = tried.filter(isClean).length;
      if (valid !== 1) {
        const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
        tell(`must validate one and only one schema (oneOf). ${found}`);
        if (valid === 0) findings.causes.push(...best(tried));
      }
    }
    if (all.length > 0) {
      const tried = tryAll(all);
      for (const { causes } of tried) findings.causes.push(...causes);
      const valid = tried.filter(isClean).length;
      if (valid < all.length) tell(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    }
    if (never && isClean(attempt(never, value, findings))) tell('must not validate the schema (not)');
  };
}

const isClean = ({ causes }: Findings) => causes.length === 0;

function attempt(check: Check, value: unknown, { path, root, old }: Findings): Findings {
  const findings: Findings = { path: [...path], root, causes: [], passed: 0, old };
  check(value, findings);
  return findings;
}

function best(tried: Findings[]): StatusCause[] {
  return tried.reduce((a, b) => (b.passed > a.passed ? b : a)).causes;
}
