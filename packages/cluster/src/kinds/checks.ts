/** Checks that many kinds share, worded as `pkg/apis/core/validation` of Kubernetes words them. */
import { invalidValue } from '@longshore/apiserver';
import { checkLabelValue, checkQualifiedName, jsonEqual, type StatusCause } from '@longshore/kube';

export const FIELD_IMMUTABLE = 'field is immutable';
const PORT_RANGE = 'must be between 1 and 65535, inclusive';

export const problems = (field: string, value: unknown, words: readonly string[]): StatusCause[] =>
  words.map((word) => invalidValue(field, value, word));

export function checkPortNumber(port: number, field: string): StatusCause[] {
  return port >= 1 && port <= 65535 ? [] : [invalidValue(field, port, PORT_RANGE)];
}

const PORT_NAME = /^[a-z0-9-]+$/;

/** What is wrong with the name of a port (RFC 6335, as `IsValidPortName` words it). */
export function portNameProblems(name: string): string[] {
  const words: string[] = [];
  if (name.length > 15) words.push('must be no more than 15 characters');
  if (!PORT_NAME.test(name)) words.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) words.push('must contain at least one letter (a-z)');
  if (name.includes('--')) words.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(name)) words.push('must not begin or end with a hyphen');
  return words;
}

/** A port by number or by name. */
export function checkPort(port: number | string, field: string): StatusCause[] {
  return typeof port === 'number' ? checkPortNumber(port, field) : problems(field, port, portNameProblems(port));
}

export function checkNonNegative(value: number | undefined, field: string): StatusCause[] {
  return value !== undefined && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
}

export function checkLabels(labels: Readonly<Record<string, string>> | undefined, field: string): StatusCause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...problems(field, key, checkQualifiedName(key)),
    ...problems(field, value, checkLabelValue(value)),
  ]);
}

export function checkAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): StatusCause[] {
  return Object.keys(annotations ?? {}).flatMap((key) => problems(field, key, checkQualifiedName(key.toLowerCase())));
}

export function checkImmutable(value: unknown, old: unknown, field: string): StatusCause[] {
  return jsonEqual(value, old) ? [] : [invalidValue(field, value, FIELD_IMMUTABLE)];
}

const PERCENT = /^[0-9]{1,9}%$/;

/** A whole number that is not negative, or a percentage. */
export function checkNonNegativeIntOrPercent(value: number | string | undefined, field: string): StatusCause[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return checkNonNegative(value, field);
  if (PERCENT.test(value)) return [];
  const words =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(field, value, words)];
}

export function percentOf(value: number | string | undefined): number {
  return typeof value === 'string' && PERCENT.test(value) ? Number(value.slice(0, -1)) : 0;
}

const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;

/** What is wrong with a key of a config map or secret (`IsConfigMapKey`). */
export function configKeyProblems(key: string): string[] {
  const words: string[] = [];
  if (key.length > 253) words.push('must be no more than 253 characters');
  if (!CONFIG_KEY.test(key)) {
    words.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.') words.push("must not be '.'");
  else if (key === '..') words.push("must not be '..'");
  else if (key.startsWith('..')) words.push("must not start with '..'");
  return words;
}
