import type { Schema, StatusCause } from '@longshore/kube';
import { invalidValue, requiredValue, unsupportedValue } from './field-error.js';
import { isObject, own } from './json.js';
import { formatPath, type Path } from './path.js';

interface Findings {
  path: Path;
  causes: StatusCause[];
}

type Check = (value: unknown, findings: Findings) => void;

const checks = new WeakMap<Schema, Check | typeof NOTHING>();
/** Marks schemas below which there is nothing to check, so that they are not walked. */
const NOTHING = 'nothing';

/**
 * The problems of a built-in object that its schema can tell: required, enumerated and bounded fields, worded as the validation
 * of Kubernetes' own kinds words them. Types are right already (`decodingError`).
 */
export function validateNative(value: unknown, schema: Schema, path: Path = []): StatusCause[] {
  const findings: Findings = { path: [...path], causes: [] };
  const check = checkOf(schema, new Set());
  if (check !== NOTHING) check(value, findings);
  return findings.causes;
}

function checkOf(schema: Schema, above: Set<Schema>): Check | typeof NOTHING {
  const known = checks.get(schema);
  if (known) return known;
  // A schema that contains itself is checked by what will be known then.
  if (above.has(schema))
    return (value, findings) => findings.causes.push(...validateNative(value, schema, findings.path));
  const check = compile(schema, new Set(above).add(schema));
  checks.set(schema, check);
  return check;
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

function compile(schema: Schema, above: Set<Schema>): Check | typeof NOTHING {
  const { enum: allowed, minimum, maximum, items, additionalProperties, required = [] } = schema;
  const parts: Check[] = [];
  if (allowed) {
    const texts = allowed.map(String);
    parts.push((value, { path, causes }) => {
      if (!isEmpty(value) && !allowed.includes(value)) causes.push(unsupportedValue(formatPath(path), value, texts));
    });
  }
  if (minimum !== undefined || maximum !== undefined) parts.push(checkBounds(minimum, maximum));

  const item = items && checkOf(items, above);
  if (item && item !== NOTHING) parts.push(each((value) => (Array.isArray(value) ? value.entries() : []), item));

  const other = typeof additionalProperties === 'object' && checkOf(additionalProperties, above);
  if (other && other !== NOTHING) {
    parts.push(
      each((value) => (isObject(value) ? Object.entries(value).map(([key, child]) => [{ key }, child]) : []), other),
    );
  }
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const check = checkOf(child, above);
    const isRequired = required.includes(name);
    if (check !== NOTHING || isRequired) parts.push(checkProperty(name, isRequired, check));
  }
  if (parts.length === 0) return NOTHING;
  return (value, findings) => {
    for (const part of parts) part(value, findings);
  };
}

function checkProperty(name: string, isRequired: boolean, check: Check | typeof NOTHING): Check {
  return (value, findings) => {
    if (!isObject(value)) return;
    const child = own(value, name);
    findings.path.push(name);
    if (isRequired && isEmpty(child)) findings.causes.push(requiredValue(formatPath(findings.path)));
    else if (child !== undefined && check !== NOTHING) check(child, findings);
    findings.path.pop();
  };
}

function checkBounds(minimum = -Infinity, maximum = Infinity): Check {
  return (value, { path, causes }) => {
    if (typeof value !== 'number') return;
    if (value < minimum)
      causes.push(invalidValue(formatPath(path), value, `must be greater than or equal to ${minimum}`));
    if (value > maximum) causes.push(invalidValue(formatPath(path), value, `must be less than or equal to ${maximum}`));
  };
}

function each(entries: (value: unknown) => Iterable<[Path[number], unknown]>, check: Check): Check {
  return (value, findings) => {
    for (const [step, child] of entries(value)) {
      findings.path.push(step);
      check(child, findings);
      findings.path.pop();
    }
  };
}
