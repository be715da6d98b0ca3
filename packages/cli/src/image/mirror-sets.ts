import { readFile } from 'node:fs/promises';
import type { MirrorSetEntry } from '@longshore/distribution';
import { parseAllDocuments } from 'yaml';
import { CliError } from '../cli-error.js';

/** The kinds of files that name mirrors, and the field of `spec` that holds them. */
const FIELDS = {
  ImageContentSourcePolicy: 'repositoryDigestMirrors',
  ImageDigestMirrorSet: 'imageDigestMirrors',
} as const;

export type MirrorSetKind = keyof typeof FIELDS;

const LARGEST_FILE = 1024 * 1024;

/** Reads a file of mirror sets of a kind, and no others. Errors: CliError. */
export async function readMirrorSets(file: string, kind: MirrorSetKind): Promise<MirrorSetEntry[][]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError(error.message, 2, { cause: error });
  });
  try {
    return parseMirrorSets(text, kind);
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, 2, { cause: error });
  }
}

/**
 * Reads mirror sets (mirror.md 3.4). Errors: CliError, also when entries disagree on whether a source may be asked.
 */
export function parseMirrorSets(text: string, kind: MirrorSetKind): MirrorSetEntry[][] {
  if (text.length > LARGEST_FILE) throw new CliError('larger than 1 MiB', 2);
  const documents = parseAllDocuments(text);
  const sets = ('empty' in documents ? [] : documents).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new CliError(problem.message.split('\n')[0] ?? 'not YAML', 2);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value === null ? [] : [readSet(value, kind)];
  });
  if (sets.length === 0) throw new CliError(`expected an object of the kind ${kind}`, 2);
  refuseConflicts(sets.flat());
  return sets;
}

function readSet(value: unknown, kind: MirrorSetKind): MirrorSetEntry[] {
  const { kind: found, spec } = objectOf(value, 'the document');
  if (found !== kind) throw new CliError(`expected an object of the kind ${kind}, found ${JSON.stringify(found)}`, 2);
  const entries = objectOf(spec, 'spec')[FIELDS[kind]] ?? [];
  if (!Array.isArray(entries)) throw new CliError(`spec.${FIELDS[kind]} is not a list`, 2);
  return entries.map((entry, index) => readEntry(entry, `spec.${FIELDS[kind]}[${index}]`));
}

function readEntry(value: unknown, place: string): MirrorSetEntry {
  const { source, mirrors = [], mirrorSourcePolicy } = objectOf(value, place);
  if (typeof source !== 'string' || source === '') throw new CliError(`${place}.source is not a text`, 2);
  if (!Array.isArray(mirrors) || !mirrors.every((mirror) => typeof mirror === 'string')) {
    throw new CliError(`${place}.mirrors is not a list of texts`, 2);
  }
  if (mirrorSourcePolicy === undefined) return { source, mirrors };
  if (mirrorSourcePolicy === 'AllowContactingSource' || mirrorSourcePolicy === 'NeverContactSource') {
    return { source, mirrors, mirrorSourcePolicy };
  }
  throw new CliError(`${place}.mirrorSourcePolicy is neither AllowContactingSource nor NeverContactSource`, 2);
}

function refuseConflicts(entries: readonly MirrorSetEntry[]): void {
  const policies = new Map<string, string>();
  for (const { source, mirrorSourcePolicy = 'AllowContactingSource' } of entries) {
    const known = policies.get(source) ?? mirrorSourcePolicy;
    if (known !== mirrorSourcePolicy) {
      throw new CliError(`${source} has both AllowContactingSource and NeverContactSource as mirrorSourcePolicy`, 2);
    }
    policies.set(source, known);
  }
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(`${place} is not an object`, 2);
}
