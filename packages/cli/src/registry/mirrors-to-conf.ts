import type { SourcePolicy } from '@longshore/distribution';
import { Command } from 'commander';
import { note } from '../note.js';
import { repeatedOption } from '../repeated-option.js';

const NOTES = `
Files hold ImageContentSourcePolicy, ImageDigestMirrorSet, ImageTagMirrorSet and the Image configuration of a cluster, in YAML or
JSON; all of them together make one configuration, as OpenShift makes it for its nodes. --before names those that the cluster has
now; then it tells whether nodes are drained for the change.

Examples:
  longshore registry mirrors-to-conf idms.yaml itms.yaml > registries.conf
  longshore registry mirrors-to-conf --drop-in idms.yaml > /etc/containers/registries.conf.d/mirrors.conf
  longshore registry mirrors-to-conf --before=idms.yaml idms.yaml new-idms.yaml > registries.conf`;

interface Options {
  dropIn?: boolean;
  before: string[];
}

/** `longshore registry mirrors-to-conf` (mirror.md 6). */
export function mirrorsToConfCommand(): Command {
  return new Command('mirrors-to-conf')
    .description('print the registries.conf that follows mirror sets')
    .argument('<file...>', 'mirror sets of a cluster')
    .option('--drop-in', 'for registries.conf.d: without what the main file says')
    .addOption(repeatedOption('--before <file>', 'mirror sets that the cluster has now'))
    .addHelpText('after', NOTES)
    .action(mirrorsToConf);
}

async function mirrorsToConf(files: string[], { dropIn = false, before }: Options): Promise<void> {
  const { registriesConfText, registryEntries } = await import('@longshore/distribution');
  const { policy, searchRegistries, hasAllowed } = await readConfiguration(files);
  if (hasAllowed) {
    note('warning: allowedRegistries are left out: they are part of policy.json, not of registries.conf');
  }
  process.stdout.write(registriesConfText(policy, { searchRegistries: dropIn ? undefined : searchRegistries }));
  if (before.length === 0) return;
  const { drainReasons } = await import('@longshore/mirror/mirror-sets');
  const earlier = await readConfiguration(before);
  const reasons = drainReasons(
    { entries: registryEntries(earlier.policy), searchRegistries: earlier.searchRegistries },
    { entries: registryEntries(policy), searchRegistries },
  );
  if (reasons.length === 0) note('info: Nodes take this over without being drained');
  for (const reason of reasons) note(`warning: nodes are drained: ${reason}`);
}

interface Configuration {
  policy: SourcePolicy;
  searchRegistries: readonly string[];
  /** Whether there is something that no registries.conf can say. */
  hasAllowed: boolean;
}

/** What all files say together. Errors: CliError. */
async function readConfiguration(files: readonly string[]): Promise<Configuration> {
  const { readMirrorConfiguration } = await import('../image/mirror-sets.js');
  const { SEARCH_REGISTRIES, sourcePolicy } = await import('@longshore/distribution');
  const read = await Promise.all(files.map(readMirrorConfiguration));
  const sets = read.flatMap((one) => one.sets);
  const listed = (name: 'insecureRegistries' | 'blockedRegistries' | 'allowedRegistries') =>
    read.flatMap(({ registrySources }) => registrySources[name] ?? []);
  const policy = sourcePolicy({
    digestMirrorSets: sets.filter(({ kind }) => kind !== 'ImageTagMirrorSet').map(({ entries }) => entries),
    tagMirrorSets: sets.filter(({ kind }) => kind === 'ImageTagMirrorSet').map(({ entries }) => entries),
    registrySources: {
      insecureRegistries: listed('insecureRegistries'),
      blockedRegistries: listed('blockedRegistries'),
    },
  });
  const searched = read.flatMap(({ searchRegistries = [] }) => searchRegistries);
  return {
    policy,
    searchRegistries: searched.length > 0 ? searched : SEARCH_REGISTRIES,
    hasAllowed: listed('allowedRegistries').length > 0,
  };
}
