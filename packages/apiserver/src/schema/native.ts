import type { Schema, StatusCause } from '@longshore/kube';
import { invalidValue, MAX_CAUSES, requiredValue, unsupportedValue } from './field-error.js';
import { isObject, own } from './json.js';
import { formatPath, type Path } from './path.js';

interface Findings {
  path: Path;
  causes: StatusCause[];
}

/** `old`: what the value replaces. */
type Check = (value: unknown, old: unknown, findings: Findings) => void;

const checks = new WeakMap<Schema, Check | typeof NOTHING>();
/** Marks schemas below which there is nothing to check, so that they are not walked. */
const NOTHING = 'nothing';

/**
 * The problems of a built-in object that its schema can tell: required, enumerated and bounded fields, worded as the validation
 * of Kubernetes' own kinds words them. Types are right already (`decodingError`). `old`: what is stored, so that parts which the
 * value shares with it have been checked.
 */
export function validateNative(value: unknown, schema: Schema, old?: unknown): StatusCause[] {
  const findings: Findings = { path: [], causes: [] };
  checkAll(value, schema, old, findings);
  return findings.causes.slice(0, MAX_CAUSES);
}

function checkAll(value: unknown, schema: Schema, old: unknown, findings: Findings): void {
  const check = checkOf(schema, new Set());
  if (check !== NOTHING) check(value, old, findings);
}

function checkOf(schema: Schema, above: Set<Schema>): Check | typeof NOTHING {
  const known = checks.get(schema);
  if (known) return known;
  // A schema that contains itself is checked by what will be known then.
  if (above.has(schema)) return (value, old, findings) => checkAll(value, schema, old, findings);
  const check = compile(schema, new Set(above).add(schema));
  checks.set(schema, check);
  return check;
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Whether a part is the very one that it replaces. */
function isShared(value: unknown, old: unknown): boolean {
  return value === old && typeof value === 'object' && value !== null;
}

function compile(schema: Schema, above: Set<Schema>): Check | typeof NOTHING {
  const { enum: allowed, minimum, maximum, items, additionalProperties, required = [] } = schema;
  const parts: Check[] = [];
  if (allowed) {
    const texts = allowed.map(String);
    parts.push((value, _old, { path, causes }) => {
      if (!isEmpty(value) && !allowed.includes(value)) causes.push(unsupportedValue(formatPath(path), value, texts));
    });
  }
  if (minimum !== undefined || maximum !== undefined) parts.push(checkBounds(minimum, maximum));

  const item = items && checkOf(items, above);
  if (item && item !== NOTHING) parts.push(checkItems(item));

  const other = typeof additionalProperties === 'object' && checkOf(additionalProperties, above);
  if (other && other !== NOTHING) parts.push(checkEntries(other));
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const check = checkOf(child, above);
    const isRequired = required.includes(name);
    if (check !== NOTHING || isRequired) parts.push(checkProperty(name, isRequired, check));
  }
  if (parts.length === 0) return NOTHING;
  return (value, old, findings) => {
    if (findings.causes.length >= MAX_CAUSES || isShared(value, old)) return;
    for (const part of parts) part(value, old, findings);
  };
}

function checkProperty(name: string, isRequired: boolean, check: Check | typeof NOTHING): Check {
  return (value, old, findings) => {
    if (!isObject(value)) return;
    const child = own(value, name);
    findings.path.push(name);
    if (isRequired && isEmpty(child)) findings.causes.push(requiredValue(formatPath(findings.path)));
    else if (child !== undefined && check !== NOTHING)
      check(child, isObject(old) ? own(old, name) : undefined, findings);
    findings.path.pop();
  };
}

function checkBounds(minimum = -Infinity, maximum = Infinity): Check {
  return (value, _old, { path, causes }) => {
    if (typeof value !== 'number') return;
    if (value < minimum)
      causes.push(invalidValue(formatPath(path), value, `must be greater than or equal to ${minimum}`));
    if (value > maximum) causes.push(invalidValue(formatPath(path), value, `must be less than or equal to ${maximum}`));
  };
}

/** Items may have moved; one that changed is compared with the one that was there. */
function checkItems(check: Check): Check {
  return (value, old, findings) => {
    if (!Array.isArray(value)) return;
    const before: readonly unknown[] = Array.isArray(old) ? old : [];
    const known = new Set(before);
    for (let at = 0; at < value.length; at++) {
      const item: unknown = value[at];
      findings.path.push(at);
      check(item, known.has(item) ? item : before[at], findings);
      findings.path.pop();
    }
  };
}

function checkEntries(check: Check): Check {
  return (value, old, findings) => {
    if (!isObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      findings.path.push({ key });
      check(child, isObject(old) ? own(old, key) : undefined, findings);
      findings.path.pop();
    }
  };
}
