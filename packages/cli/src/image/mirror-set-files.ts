import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mirrorSetYaml, type MirrorSetKind, type SourceMirrors } from '@longshore/mirror/mirror-sets';
import { CliError } from '../cli-error.js';
import { writeUserFile } from '../user-file.js';

/** A mirror set that is to be a file. */
export interface MirrorSetFile {
  kind: MirrorSetKind;
  /** Of the object. */
  name: string;
  entries: readonly SourceMirrors[];
}

const FILES: Readonly<Record<MirrorSetKind, string>> = {
  ImageContentSourcePolicy: 'icsp.yaml',
  ImageDigestMirrorSet: 'idms.yaml',
  ImageTagMirrorSet: 'itms.yaml',
};

/**
 * Writes mirror sets into a folder, each into a file that is called after its kind, and returns the paths. Sets without entries are
 * left out; a dry run writes nothing. Errors: CliError.
 */
export async function writeMirrorSets(
  sets: readonly MirrorSetFile[],
  folder: string,
  dryRun: boolean,
): Promise<string[]> {
  const paths: string[] = [];
  for (const { kind, name, entries } of sets) {
    if (entries.length === 0) continue;
    const path = join(folder, FILES[kind]);
    paths.push(path);
    if (dryRun) continue;
    try {
      await mkdir(folder, { recursive: true });
      await writeUserFile(path, mirrorSetYaml(kind, name, entries));
    } catch (error) {
      throw new CliError(`--mirror-sets-to-dir: ${(error as Error).message}`, 1, { cause: error });
    }
  }
  return paths;
}
