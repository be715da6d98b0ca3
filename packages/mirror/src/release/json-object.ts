import { parseStrictJson } from '@longshore/oci';
import { ReleaseError } from './release-error.js';

/** A JSON object of the file of a release. Errors: ReleaseError INVALID. */
export function parseJsonObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes);
  } catch (error) {
    throw new ReleaseError('INVALID', `${file}: ${(error as Error).message}`, { cause: error });
  }
  if (isObject(value)) return value;
  throw new ReleaseError('INVALID', `${file}: is no JSON object`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The entries whose value is a text. */
export function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(objectOf(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
