import { platformName } from '@longshore/distribution';
import type { Descriptor } from '@longshore/oci';
import { RE2JS } from 're2js';
import { CliError } from '../cli-error.js';

const UNKNOWN = 'unknown';
const LONGEST_PATTERN = 1000;

/** A test of platforms by a regular expression, in Go's syntax and in linear time. Errors: CliError. */
export function platformFilter(pattern: string): (name: string) => boolean {
  if (pattern.length > LONGEST_PATTERN) throw new CliError('--filter-by-os is too long', 2);
  try {
    const compiled = RE2JS.compile(pattern);
    return (name) => compiled.matcher(name).find();
  } catch (error) {
    throw new CliError(`--filter-by-os was not a valid regular expression: ${(error as Error).message}`, 2, {
      cause: error,
    });
  }
}

/**
 * The images of a list that are asked for: those that match, without a filter those with a platform (attestations have none);
 * if none has, all.
 */
export function selectPlatforms(
  manifests: readonly Descriptor[],
  matches: ((name: string) => boolean) | undefined,
): Descriptor[] {
  if (matches !== undefined) return manifests.filter((one) => matches(platformName(one)));
  const known = manifests.filter((one) => !platformName(one).startsWith(`${UNKNOWN}/`));
  return known.length > 0 ? known : [...manifests];
}
