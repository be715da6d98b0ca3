import { objectOf, parseJsonObject, textOf, textsOf } from './json-object.js';
import { ReleaseError } from './release-error.js';

/** What `release-manifests/release-metadata` says (mirror.md 1.7). */
export interface ReleaseMetadata {
  kind: string;
  version: string;
  /** From which versions it can be reached. */
  previous: string[];
  next?: string[];
  metadata?: Record<string, string>;
}

export const RELEASE_METADATA = 'release-metadata';
export const METADATA_KIND = 'cincinnati-metadata-v0';

/** Errors: ReleaseError INVALID. */
export function parseReleaseMetadata(bytes: Uint8Array): ReleaseMetadata {
  const object = parseJsonObject(bytes, RELEASE_METADATA);
  const { kind, previous = [], next = [], metadata } = object;
  const version = textOf(object['version']);
  if (kind !== METADATA_KIND) throw invalid(`expected the kind ${METADATA_KIND}`);
  if (version === undefined) throw invalid('version is missing');
  const [earlier, later] = [versionsOf(previous, 'previous'), versionsOf(next, 'next')];
  return {
    kind,
    version,
    previous: earlier,
    ...(later.length > 0 && { next: later }),
    ...(Object.keys(objectOf(metadata)).length > 0 && { metadata: textsOf(metadata) }),
  };
}

function versionsOf(value: unknown, field: string): string[] {
  if (value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(`${field} is no list of versions`);
}

function invalid(words: string): ReleaseError {
  return new ReleaseError('INVALID', `${RELEASE_METADATA}: ${words}`);
}
