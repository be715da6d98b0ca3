import {
  expandMappings,
  mirrorImages,
  readMappings,
  type Mapping,
  type MappingFile,
  type MirrorOptions,
} from '@longshore/mirror';
import { readUserFile, readUserInput } from '../user-file.js';
import { inCopySession, reportCopy } from './copy-session.js';
import type { MirrorCommandOptions } from './mirror-command.js';
import type { MirrorReport } from './mirror-report.js';

const LARGEST_FILE = 64 * 1024 * 1024;

/** Mirrors images and tells of it. Failures are told, and become the exit code. */
export async function mirror(args: string[], options: MirrorCommandOptions): Promise<void> {
  await reportCopy(options, async (report, signal) => {
    const mappings = readMappings(args, await Promise.all(options.filename.map(readMappingFile)));
    const places = {
      sourceDir: options.fromDir ?? options.dir,
      targetDir: options.dir,
      format: options.format,
      targets: mappings.map(({ destination }) => destination),
    };
    return inCopySession(options, places, report, signal, async (session) => {
      const images = await expandMappings(mappings, session.places, signal);
      const { problems } = await mirrorImages(images, { ...session.copying, selection: await selectionOf(options) });
      report.done();
      if (problems.length === 0) await tellClusters(mappings, options, report);
      return problems.length > 0;
    });
  });
}

/** Errors: CliError for what is no regular expression. */
async function selectionOf({
  keepManifestList: keepList,
  filterByOs,
}: MirrorCommandOptions): Promise<MirrorOptions['selection']> {
  if (filterByOs === undefined) return { keepList };
  const { platformFilter } = await import('./platform-filter.js');
  return { keepList, matches: platformFilter(filterByOs) };
}

async function tellClusters(
  mappings: readonly Mapping[],
  { mirrorSetsToDir, dryRun = false }: MirrorCommandOptions,
  report: MirrorReport,
): Promise<void> {
  if (mirrorSetsToDir === undefined) return;
  const { imageMirrors } = await import('@longshore/mirror/mirror-sets');
  const { writeMirrorSets } = await import('./mirror-set-files.js');
  const { byDigest, byTag } = imageMirrors(mappings);
  const sets = [
    { kind: 'ImageDigestMirrorSet', name: 'mirrored-images', entries: byDigest },
    { kind: 'ImageTagMirrorSet', name: 'mirrored-images', entries: byTag },
  ] as const;
  report.wrote('mirror sets', await writeMirrorSets(sets, mirrorSetsToDir, dryRun));
}

async function readMappingFile(name: string): Promise<MappingFile> {
  const isInput = name === '-';
  const bytes = isInput
    ? readUserInput(process.stdin, 'standard input', LARGEST_FILE)
    : readUserFile(name, LARGEST_FILE);
  return { name, text: (await bytes).toString() };
}
