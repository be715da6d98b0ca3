import { pullSources, sourcePolicy, userPullSources, type PullSourcesOf } from '@longshore/distribution';
import { readMirrorSets } from './mirror-sets.js';

/** Files that name mirrors to read from. */
export interface MirrorFileOptions {
  icspFile?: string;
  idmsFile?: string;
}

/**
 * From where images are read: by the files, which count for tags, too, and whose mirrors are asked when the source fails (mirror.md
 * 3.4); without any, by the registries.conf of this machine. Errors: CliError, RegistriesConfError.
 */
export async function readPullSources(
  { icspFile, idmsFile }: MirrorFileOptions,
  env: NodeJS.ProcessEnv,
): Promise<PullSourcesOf> {
  if (icspFile === undefined && idmsFile === undefined) return userPullSources(env);
  if (icspFile !== undefined) {
    process.stderr.write('warning: --icsp-file is deprecated, as ImageContentSourcePolicy is; use --idms-file\n');
  }
  const sets = [
    ...(icspFile === undefined ? [] : await readMirrorSets(icspFile, 'ImageContentSourcePolicy')),
    ...(idmsFile === undefined ? [] : await readMirrorSets(idmsFile, 'ImageDigestMirrorSet')),
  ];
  const policy = sourcePolicy({ digestMirrorSets: sets, tagMirrorSets: sets });
  return (reference) => pullSources(reference, policy).sort((a, b) => Number(a.isMirror) - Number(b.isMirror));
}
