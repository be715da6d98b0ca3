import type { MirrorSetEntry, SourceSettings } from '@longshore/distribution';
import { parseAllDocuments } from 'yaml';
import { MirrorError } from '../mirror-error.js';
import { MIRROR_FIELDS, type MirrorSetKind } from './mirror-set.js';

/** What a file says of where images come from. */
export interface MirrorConfiguration {
  sets: { kind: MirrorSetKind; entries: MirrorSetEntry[] }[];
  /** Of an `Image` of config.openshift.io. */
  registrySources: NonNullable<SourceSettings['registrySources']>;
  /** Where the same object says that short names are looked for. */
  searchRegistries?: string[];
}

export const LARGEST_MIRROR_FILE = 1024 * 1024;
const MOST_OBJECTS = 10_000;

/**
 * Reads ICSP, IDMS and ITMS, and the cluster's `Image` configuration, from YAML or JSON: documents, or lists as `kubectl get -o yaml`
 * prints them. Errors: MirrorError USAGE.
 */
export function parseMirrorConfiguration(text: string): MirrorConfiguration {
  if (text.length > LARGEST_MIRROR_FILE) throw invalid('larger than 1 MiB');
  const documents = parseAllDocuments(text);
  const objects = ('empty' in documents ? [] : documents).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw invalid(problem.message.split('\n')[0] ?? 'not YAML');
    const value: unknown = valueOf(() => document.toJS({ maxAliasCount: 100 }));
    return value === null ? [] : flattened(value);
  });
  if (objects.length > MOST_OBJECTS) throw invalid(`more than ${MOST_OBJECTS} objects`);
  const found: MirrorConfiguration = { sets: [], registrySources: {} };
  for (const object of objects) {
    const { kind, apiVersion, spec = {} } = object;
    if (isMirrorSetKind(kind)) found.sets.push({ kind, entries: readEntries(objectOf(spec, 'spec'), kind) });
    else if (kind === 'Image' && String(apiVersion).startsWith('config.openshift.io/')) readImageConfig(spec, found);
    else throw invalid(`an object of the kind ${JSON.stringify(kind ?? null).slice(0, 100)} names no mirrors`);
  }
  return found;
}

function valueOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
}

function flattened(value: unknown): Record<string, unknown>[] {
  const object = objectOf(value, 'the document');
  const { kind, items } = object;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [object];
  return items.map((item, index) => ({
    kind: kind.slice(0, -'List'.length),
    ...objectOf(item, `items[${index}]`),
  }));
}

function isMirrorSetKind(kind: unknown): kind is MirrorSetKind {
  return typeof kind === 'string' && Object.hasOwn(MIRROR_FIELDS, kind);
}

function readEntries(spec: Record<string, unknown>, kind: MirrorSetKind): MirrorSetEntry[] {
  const field = MIRROR_FIELDS[kind];
  const entries = spec[field] ?? [];
  if (!Array.isArray(entries)) throw invalid(`spec.${field} is not a list`);
  return entries.map((entry, index) => readEntry(entry, `spec.${field}[${index}]`));
}

function readEntry(value: unknown, place: string): MirrorSetEntry {
  const { source, mirrors, mirrorSourcePolicy } = objectOf(value, place);
  if (typeof source !== 'string' || source === '') throw invalid(`${place}.source is not a text`);
  const entry = { source, mirrors: textsOf(mirrors, `${place}.mirrors`) };
  if (mirrorSourcePolicy === undefined) return entry;
  if (mirrorSourcePolicy === 'AllowContactingSource' || mirrorSourcePolicy === 'NeverContactSource') {
    return { ...entry, mirrorSourcePolicy };
  }
  throw invalid(`${place}.mirrorSourcePolicy is neither AllowContactingSource nor NeverContactSource`);
}

function readImageConfig(value: unknown, found: MirrorConfiguration): void {
  const sources = objectOf(objectOf(value, 'spec')['registrySources'] ?? {}, 'spec.registrySources');
  const list = (name: string) => textsOf(sources[name], `spec.registrySources.${name}`);
  found.registrySources = {
    insecureRegistries: list('insecureRegistries'),
    blockedRegistries: list('blockedRegistries'),
    allowedRegistries: list('allowedRegistries'),
  };
  const search = list('containerRuntimeSearchRegistries');
  if (search.length > 0) found.searchRegistries = search;
}

function textsOf(value: unknown, place: string): string[] {
  const list = value ?? [];
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
  throw invalid(`${place} is not a list of texts`);
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${place} is not an object`);
}

function invalid(words: string, cause?: unknown): MirrorError {
  return new MirrorError('USAGE', words, cause === undefined ? {} : { cause });
}
