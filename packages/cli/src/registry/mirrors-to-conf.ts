import { Command } from 'commander';

const NOTES = `
Files hold ImageContentSourcePolicy, ImageDigestMirrorSet, ImageTagMirrorSet and the Image configuration of a cluster, in YAML or
JSON; all of them together make one configuration, as OpenShift makes it for its nodes.

Examples:
  longshore registry mirrors-to-conf idms.yaml itms.yaml > registries.conf
  longshore registry mirrors-to-conf --drop-in idms.yaml > /etc/containers/registries.conf.d/mirrors.conf`;

interface Options {
  dropIn?: boolean;
}

/** `longshore registry mirrors-to-conf` (mirror.md 6). */
export function mirrorsToConfCommand(): Command {
  return new Command('mirrors-to-conf')
    .description('print the registries.conf that follows mirror sets')
    .argument('<file...>', 'mirror sets of a cluster')
    .option('--drop-in', 'for registries.conf.d: without what the main file says')
    .addHelpText('after', NOTES)
    .action(mirrorsToConf);
}

async function mirrorsToConf(files: string[], { dropIn = false }: Options): Promise<void> {
  const { readMirrorConfiguration } = await import('../image/mirror-sets.js');
  const { registriesConfText, SEARCH_REGISTRIES, sourcePolicy } = await import('@longshore/distribution');
  const read = await Promise.all(files.map(readMirrorConfiguration));
  const sets = read.flatMap((one) => one.sets);
  const listed = (name: 'insecureRegistries' | 'blockedRegistries' | 'allowedRegistries') =>
    read.flatMap(({ registrySources }) => registrySources[name] ?? []);
  if (listed('allowedRegistries').length > 0) {
    process.stderr.write(
      'warning: allowedRegistries are left out: they are part of policy.json, not of registries.conf\n',
    );
  }
  const policy = sourcePolicy({
    digestMirrorSets: sets.filter(({ kind }) => kind !== 'ImageTagMirrorSet').map(({ entries }) => entries),
    tagMirrorSets: sets.filter(({ kind }) => kind === 'ImageTagMirrorSet').map(({ entries }) => entries),
    registrySources: {
      insecureRegistries: listed('insecureRegistries'),
      blockedRegistries: listed('blockedRegistries'),
    },
  });
  const searched = read.flatMap(({ searchRegistries = [] }) => searchRegistries);
  const searchRegistries = searched.length > 0 ? searched : SEARCH_REGISTRIES;
  process.stdout.write(registriesConfText(policy, { searchRegistries: dropIn ? undefined : searchRegistries }));
}
