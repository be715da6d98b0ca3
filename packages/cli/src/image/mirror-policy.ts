import { sourcePolicy, type SourcePolicy } from '@longshore/distribution';
import { readMirrorSets } from './mirror-sets.js';

/** Files that name mirrors to read from. */
export interface MirrorFileOptions {
  icspFile?: string;
  idmsFile?: string;
}

/** Mirrors count for tags, too: who names the file wants to read from them. */
export async function readMirrorPolicy({ icspFile, idmsFile }: MirrorFileOptions): Promise<SourcePolicy> {
  if (icspFile !== undefined) {
    process.stderr.write('warning: --icsp-file is deprecated, as ImageContentSourcePolicy is; use --idms-file\n');
  }
  const sets = [
    ...(icspFile === undefined ? [] : await readMirrorSets(icspFile, 'ImageContentSourcePolicy')),
    ...(idmsFile === undefined ? [] : await readMirrorSets(idmsFile, 'ImageDigestMirrorSet')),
  ];
  return sourcePolicy({ digestMirrorSets: sets, tagMirrorSets: sets });
}
