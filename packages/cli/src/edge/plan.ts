import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { bindOption, keptOption, type PlanOptions, waveOption, wishOption } from './plan-options.js';
import { sizeOption } from './size-option.js';

const NOTES = `
A partition is wished as SIZE, as SIZE@START, as "rest" (all behind the root), or as rest@START: 102500MiB, rest@250GiB.
Flags win over the intent file.

Without --out and --into the plan is only printed. Exits with 1 when --check finds something to change.

Examples:
  longshore edge plan --cluster sno-a --disk /dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0 --containers rest@250000MiB
  longshore edge plan --cluster sno-a --disk 0x6b07b250ebb9d0002a33509f24af1f62 --disk-size 457344MiB --registry 102500MiB --out site/
  longshore edge plan intent.yaml --into ~/sites
  longshore edge plan intent.yaml --into ~/sites --check`;

/** `longshore edge plan` */
export function planCommand(): Command {
  return new Command('plan')
    .summary('plan the disk of an edge site and all that follows from it')
    .description(
      'plan the disk of an edge site: Butane, Ignition, node fields, registry policies, a picture, and what to verify',
    )
    .argument('[intent]', 'YAML file with what is wanted')
    .option('--site <name>', 'name of the site (default: that of the cluster)')
    .option('--cluster <name>', 'name of the cluster')
    .option('--node <host>', 'host name of the node, when the cluster has several')
    .option('--disk <name>', 'installation disk, by path or by WWN')
    .option('--disk-size <size>', 'size of the disk, such as 457344MiB', sizeOption)
    .option('--root-min <size>', 'the least that the root partition keeps (default: 120GiB)', sizeOption)
    .option('--containers <wish>', 'partition for /var/lib/containers', wishOption)
    .option('--registry <wish>', 'partition for the image registry, with its policies', wishOption)
    .option('--preserve <label:size>', 'pre-cached partition at the end of the disk, to be kept', keptOption)
    .option('--wave <number>', 'wave of the first registry policy (default: the waves of the source CRs)', waveOption)
    .addOption(new Option('--target <kind>', 'what installs the site').choices(['siteconfig', 'clusterinstance']))
    .option('--policy-name <name>', 'name of the policies (default: that of the site)')
    .option('--namespace <name>', 'namespace of the policies (default: ztp-site)')
    .option(
      '--bind <label=value>',
      'label of the clusters that get the policies (default: sites=SITE); repeatable',
      bindOption,
    )
    .option('--out <folder>', 'write the files of the plan there')
    .option('--into <folder>', 'change the Git checkout there, keeping comments and order')
    .option('--check', 'change nothing; tell what --out or --into would change')
    .option('--json', 'print plan and changes as JSON')
    .addHelpText('after', NOTES)
    .action(async (file: string | undefined, options: PlanOptions) => {
      if (options.check && options.out === undefined && options.into === undefined) {
        throw new CliError('--check needs --out or --into: the folder to look at', 2);
      }
      const { planFiles } = await import('./plan-files.js');
      await planFiles(file, options);
    });
}
