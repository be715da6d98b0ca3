import { Command, InvalidArgumentError, Option } from 'commander';
import { booleanOption } from '../boolean-option.js';
import { withRegistryOptions, type RegistryOptions } from '../registry-access/registry-options.js';

const NOTES = `
Places are repositories of registries, file://REPOSITORY in the folder of --dir, or oci:FOLDER, an OCI image layout. SRC may
have wildcards in its tag; without a tag it stands for all tags. DST without a tag gets the tag of SRC; an image by digest then
gets none. In a file of mappings a line is SRC=DST or SRC DST [DST...], with comments behind "#".

What was copied is not copied again: run an interrupted command again to go on. A list of images is copied whole, unless
--filter-by-os chooses some of them; then its digest changes, unless --keep-manifest-list keeps it.

Exit codes: 0 done, 1 failed, 2 called wrongly, 3 some images could not be mirrored (--continue-on-error), 4 content does not fit
its digest, 5 access refused, 6 no space, 130 interrupted.

Examples:
  longshore image mirror quay.io/org/app:v1 mirror.example.com/org/app:v1
  longshore image mirror quay.io/org/app:v1=mirror.example.com/org/app quay.io/org/db:v2=mirror.example.com/org/db
  longshore image mirror -a pull-secret.json -f mapping.txt --continue-on-error
  longshore image mirror --dir=media 'quay.io/org/app:v1*' file://org/app
  longshore image mirror --from-dir=media 'file://org/app:v1*' mirror.example.com/org/app
  longshore image mirror --filter-by-os=linux/arm64 quay.io/org/app:v1 oci:layout:v1`;

const RATE = /^(\d{1,12})([kMG]?)$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1000 ** 2, G: 1000 ** 3 };

export interface MirrorCommandOptions extends RegistryOptions {
  filename: string[];
  dir: string;
  fromDir?: string;
  dryRun?: boolean;
  continueOnError?: boolean;
  skipMissing?: boolean;
  skipMount?: boolean;
  skipMultipleScopes?: boolean;
  force?: boolean;
  keepManifestList: boolean;
  filterByOs?: string;
  maxRegistry: number;
  maxPerRegistry: number;
  limitRate?: number;
  json?: boolean;
}

/** `longshore image mirror` (mirror.md 2). */
export function mirrorCommand(): Command {
  const command = new Command('mirror')
    .description('copy images between registries, folders and layouts')
    .argument('[mapping...]', 'SRC=DST ..., or SRC DST [DST ...]')
    .addOption(
      new Option('-f, --filename <file>', 'mappings, one a line; "-" is standard input; may be given several times')
        .default([], 'none')
        .argParser((file: string, before: string[]) => [...before, file]),
    )
    .addOption(new Option('--dir <folder>', 'where file:// places are').default('.', 'this folder'))
    .option('--from-dir <folder>', 'where file:// sources are, when that is another folder')
    .option('--dry-run', 'print the plan and copy nothing')
    .option('--continue-on-error', 'mirror what can be mirrored when some images fail')
    .option('--skip-missing', 'leave out images that the source does not have')
    .option('--skip-mount', 'never let a registry take blobs over from another of its repositories')
    .option('--skip-multiple-scopes', 'ask for a token for one repository at a time; some registries refuse others')
    .option('--force', 'do not ask whether destinations have the images already')
    .addOption(
      booleanOption('keep-manifest-list', 'keep the list when --filter-by-os leaves out some of its images', false),
    )
    .option('--filter-by-os <regexp>', 'which images of a list: those whose os/arch[/variant] matches')
    .addOption(count('--max-registry <number>', 'registries to work with at a time').default(4))
    .addOption(
      count('--max-per-registry <number>', 'requests to a registry at a time; fewer when it is overloaded').default(6),
    )
    .addOption(
      new Option('--limit-rate <bytes>', 'bytes per second to read at most, such as 500k, 5M').argParser(readRate),
    )
    .addOption(refused('--skip-verification [boolean]', 'Everything is compared with its digest, at no cost.'))
    .addOption(refused('--s3-source-bucket <bucket>', 'S3 is not a place that images can be mirrored to yet.'))
    .option('--json', 'print events as lines of JSON')
    .addHelpText('after', NOTES);
  return withRegistryOptions(command).action(async (args: string[], options: MirrorCommandOptions) => {
    const { mirror } = await import('./mirror.js');
    await mirror(args, options);
  });
}

/** What the reference has and we do not, with the reason. */
function refused(flags: string, why: string): Option {
  return new Option(flags, `refused: ${why}`)
    .hideHelp()
    .preset('')
    .argParser(() => {
      throw new InvalidArgumentError(why);
    });
}

function count(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
    throw new InvalidArgumentError('It is a number from 1 to 100.');
  });
}

function readRate(text: string): number {
  const [, digits, unit = ''] = RATE.exec(text) ?? [];
  const value = Number(digits) * (FACTORS[unit] ?? Number.NaN);
  if (value >= 1000) return value;
  throw new InvalidArgumentError('It is a number of at least 1000, with k, M or G behind it where wanted.');
}
