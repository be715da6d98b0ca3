import { Command, InvalidArgumentError, Option } from 'commander';
import { booleanOption } from '../boolean-option.js';
import { countOption } from '../count-option.js';
import { withImageReaderOptions, type ImageReaderOptions } from './image-reader-options.js';

const NOTES = `
Layers are tar archives, plain or packed with gzip or zstd; "-" is one on standard input. --image and --meta are JSON merge patches
of the image's configuration: --image of how containers run (Entrypoint, Cmd, Env, Labels…), --meta of the rest (author, architecture…).

Of a list, the image for this machine is taken, or that of --filter-by-os. With --keep-manifest-list the layers are laid over each image
of it that matches, and the list stays a list.

Examples:
  longshore image append --from=quay.io/org/app:v1 --to=quay.io/me/app:v1-fixed layer.tar.gz
  longshore image append --from=quay.io/org/app:v1 --to=quay.io/me/app:quiet --image='{"Entrypoint":null,"Env":["LEVEL=warn"]}'
  longshore image append --from=quay.io/org/app:v1 --keep-manifest-list --to=quay.io/me/app:v1-all layer.tar
  longshore image append --from=quay.io/org/app:v1 --dir=media --to=file://me/app:v1 layer.tar.gz
  tar -c -C files . | longshore image append --to=quay.io/me/files:v1 -`;

export interface AppendCommandOptions extends ImageReaderOptions {
  from?: string;
  to: string;
  fromDir?: string;
  image?: string;
  meta?: string;
  dropHistory?: boolean;
  createdAt?: string;
  force?: boolean;
  keepManifestList: boolean;
  filterByOs?: string;
  maxPerRegistry: number;
  dryRun?: boolean;
}

/** `longshore image append` (registry.md 9). */
export function appendCommand(): Command {
  const command = new Command('append')
    .description('lay layers over an image, change its configuration, and push what comes out')
    .argument('[layer...]', 'tar archives; "-" is standard input')
    .option('--from <image>', 'the image to begin with; without, there is nothing but the layers')
    .requiredOption('--to <image>', 'where to push it: HOST/REPOSITORY:TAG or another place of "image mirror"')
    .option('--from-dir <folder>', 'where a file:// image of --from is, when that is another folder')
    .option('--image <json>', 'a merge patch of how containers of the image run')
    .option('--meta <json>', 'a merge patch of what else is said of the image')
    .option('--drop-history', 'forget how the image was made')
    .addOption(
      new Option('--created-at <time>', 'RFC 3339, or milliseconds since 1970')
        .default(undefined, 'now')
        .argParser(readTime),
    )
    .option('--force', 'do not ask whether the destination has the layers already')
    .addOption(booleanOption('keep-manifest-list', 'lay the layers over each image of a list', false))
    .option('--filter-by-os <regexp>', 'which image of a list: that whose os/arch[/variant] matches')
    .addOption(countOption('--max-per-registry <number>', 'requests to a registry at a time', 100).default(4))
    .option('--dry-run', 'push nothing')
    .addHelpText('after', NOTES);
  return withImageReaderOptions(command).action(async (layers: string[], options: AppendCommandOptions) => {
    const { appendImage } = await import('./append-image.js');
    await appendImage(layers, options);
  });
}

function readTime(text: string): string {
  const date = new Date(/^\d{1,15}$/.test(text) ? Number(text) : RFC_3339.test(text) ? text : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new InvalidArgumentError('It is a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970.');
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
