import { Command } from 'commander';
import { countOption } from '../count-option.js';
import { repeatedOption } from '../repeated-option.js';
import { interruption } from '../signals.js';
import { withImageReaderOptions, type ImageReaderOptions } from './image-reader-options.js';

const NOTES = `
SRC:DST of --path: SRC with a slash at its end is the content of a folder, otherwise a file or a folder, whose name may have the
wildcards * and ?. DST must be there, and empty unless --confirm is given. Without --path and --file the whole image goes to this
folder. Layers are chosen by REF[0], REF[-1], REF[1:3] or REF[~DIGEST].

Links that would lead out of DST are refused or left out, "/" in a link is the image's root, and devices are left out.

Examples:
  longshore image extract docker.io/library/busybox:latest --path /:/tmp/busybox
  longshore image extract docker.io/library/busybox:latest --file /bin/busybox
  longshore image extract --path '/usr/bin/o*:bin' --confirm 'quay.io/org/app:v1[-1]'
  longshore image extract --dir=media file://org/app:v1 --path /manifests/:manifests`;

export interface ImageExtractOptions extends ImageReaderOptions {
  path: string[];
  file: string[];
  confirm?: boolean;
  onlyFiles?: boolean;
  preserveOwnership?: boolean;
  allLayers?: boolean;
  dryRun?: boolean;
  filterByOs?: string;
  maxEntries: number;
}

/** `longshore image extract` (registry.md 9). */
export function extractCommand(): Command {
  const command = new Command('extract')
    .description('write files of images to this machine')
    .argument(
      '<image...>',
      '[HOST/]REPOSITORY[:TAG][@DIGEST], or file://REPOSITORY…; with [LAYERS] behind it, some layers',
    )
    .addOption(repeatedOption('--path <src:dst>', 'what of the image goes where'))
    .addOption(repeatedOption('--file <path>', 'a file of the image to write to this folder'))
    .option('--confirm', 'write also where something is')
    .option('--only-files', 'write no links')
    .option('-p, --preserve-ownership', 'files get the owners and special bits that they have in the image')
    .option('--all-layers', 'with --dry-run: list what is in each layer, hidden or not')
    .option('--dry-run', 'list what would be written')
    .option('--filter-by-os <regexp>', 'which image of a list: that whose os/arch[/variant] matches')
    .addOption(countOption('--max-entries <n>', 'an image with more files is refused', 999_999_999).default(100_000))
    .addHelpText('after', NOTES);
  return withImageReaderOptions(command).action(async (images: string[], options: ImageExtractOptions) => {
    const { extractImages } = await import('./extract-images.js');
    await extractImages(images, options, interruption());
  });
}
