import { Command, Option } from 'commander';
import { booleanOption } from '../boolean-option.js';
import { repeatedOption } from '../repeated-option.js';
import { refusedOption } from '../refused-option.js';
import { withCopyOptions, type CopyOptions } from './copy-options.js';

const NOTES = `
Places are repositories of registries, file://REPOSITORY in the folder of --dir, oci:FOLDER[:NAME], an OCI image layout,
oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], dir:FOLDER and s3://HOST/REGION/BUCKET/REPOSITORY. SRC may have wildcards in its tag; without a tag it stands
for all tags. DST without a tag gets the tag of SRC; an image by digest then gets none. In a file of mappings a line is SRC=DST
or SRC DST [DST...], with comments behind "#".

What was copied is not copied again: run an interrupted command again to go on. A list of images is copied whole, unless
--filter-by-os chooses some of them; then its digest changes, unless --keep-manifest-list keeps it.

Exit codes: 0 done, 1 failed, 2 called wrongly, 3 some images could not be mirrored (--continue-on-error), 4 content does not fit
its digest, 5 access refused, 6 no space, 130 interrupted.

Examples:
  longshore image mirror quay.io/org/app:v1 mirror.example.com/org/app:v1
  longshore image mirror quay.io/org/app:v1=mirror.example.com/org/app quay.io/org/db:v2=mirror.example.com/org/db
  longshore image mirror -a pull-secret.json -f mapping.txt --continue-on-error
  longshore image mirror --dir=media 'quay.io/org/app:v1*' file://org/app
  longshore image mirror --dir=media --format=oci 'quay.io/org/app:v1*' file://org/app
  longshore image mirror --from-dir=media 'file://org/app:v1*' mirror.example.com/org/app
  longshore image mirror --limit-rate=5M --limit-rate=quay.io=1M quay.io/org/app:v1 mirror.example.com/org/app
  longshore image mirror --filter-by-os=linux/arm64 quay.io/org/app:v1 oci:layout:v1`;

export interface MirrorCommandOptions extends CopyOptions {
  filename: string[];
  dir: string;
  fromDir?: string;
  format?: 'v2' | 'oci';
  keepManifestList: boolean;
  filterByOs?: string;
}

/** `longshore image mirror` (mirror.md 2). */
export function mirrorCommand(): Command {
  const command = new Command('mirror')
    .description('copy images between registries, folders and layouts')
    .argument('[mapping...]', 'SRC=DST ..., or SRC DST [DST ...]')
    .addOption(repeatedOption('-f, --filename <file>', 'mappings, one a line; "-" is standard input'))
    .addOption(new Option('--dir <folder>', 'where file:// places are').default('.', 'this folder'))
    .addOption(
      new Option('--format <format>', 'of file:// destinations: repositories with links, or one OCI layout')
        .choices(['v2', 'oci'])
        .default(undefined, 'that of the folder, v2 for a new one'),
    )
    .option('--from-dir <folder>', 'where file:// sources are, when that is another folder')
    .addOption(
      booleanOption('keep-manifest-list', 'keep the list when --filter-by-os leaves out some of its images', false),
    )
    .option('--filter-by-os <regexp>', 'which images of a list: those whose os/arch[/variant] matches')
    .addOption(
      refusedOption(
        '--s3-source-bucket <bucket>',
        'Layers are read through their registry, which S3 behind it does not need to be known for.',
      ),
    )
    .addHelpText('after', NOTES);
  return withCopyOptions(command).action(async (args: string[], options: MirrorCommandOptions) => {
    const { mirror } = await import('./mirror.js');
    await mirror(args, options);
  });
}
