import type { MirrorSetEntry } from '@longshore/distribution';
import {
  LARGEST_MIRROR_FILE,
  parseMirrorConfiguration,
  type MirrorConfiguration,
  type MirrorSetKind,
} from '@longshore/mirror/mirror-sets';
import { CliError } from '../cli-error.js';
import { readUserFile } from '../user-file.js';

/** Reads a file of mirror sets. Errors: CliError. */
export async function readMirrorConfiguration(file: string): Promise<MirrorConfiguration> {
  const text = (await readUserFile(file, LARGEST_MIRROR_FILE)).toString();
  try {
    return parseMirrorConfiguration(text);
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, 2, { cause: error });
  }
}

/** Reads a file of mirror sets of a kind, and no others. Errors: CliError, also when entries disagree (mirror.md 3.4). */
export async function readMirrorSets(file: string, kind: MirrorSetKind): Promise<MirrorSetEntry[][]> {
  const { sets } = await readMirrorConfiguration(file);
  try {
    return setsOfKind(sets, kind);
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, 2, { cause: error });
  }
}

/** Errors: CliError for sets of other kinds, for none, and when entries disagree on whether a source may be asked. */
export function setsOfKind(sets: MirrorConfiguration['sets'], kind: MirrorSetKind): MirrorSetEntry[][] {
  const other = sets.find((set) => set.kind !== kind);
  const found = other === undefined ? '' : `, found ${other.kind}`;
  if (sets.length === 0 || other !== undefined) throw new CliError(`expected an object of the kind ${kind}${found}`, 2);
  const entries = sets.map((set) => set.entries);
  refuseConflicts(entries.flat());
  return entries;
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
