import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../../cli-error.js';
import { withImageReaderOptions, type ImageReaderOptions } from '../../image/image-reader-options.js';
import { interruption } from '../../signals.js';

const NOTES = `
Images come from the ImageStream of a file or from another release; COMPONENT=PULLSPEC replaces one or adds it. Images with the label
io.openshift.release.operator=true bring the manifests below /manifests of their last layer.

Examples:
  longshore adm release new -f stream.json --name=4.99.0 --previous=4.98.0,4.98.1 --to-image=mirror.example.com/ocp/release:4.99.0-x86_64
  longshore adm release new --from-release=quay.io/org/release:4.16.3-x86_64 cli=quay.io/me/cli@sha256:… --name=4.16.3-mine --to-image=quay.io/me/release:mine
  longshore adm release new --from-release=quay.io/org/release:4.16.3-x86_64 --dry-run`;

export interface ReleaseNewOptions extends ImageReaderOptions {
  fromImageStreamFile?: string;
  fromRelease?: string;
  name?: string;
  previous?: string[];
  next?: string[];
  metadata?: Record<string, unknown>;
  include: string[];
  exclude: string[];
  toImage?: string;
  toImageBaseTag: string;
  toSignature?: string;
  dryRun?: boolean;
}

/** `longshore adm release new` (mirror.md 3.1). */
export function releaseNewCommand(): Command {
  const command = new Command('new')
    .description('make a release image of images')
    .argument('[component=pullspec...]', 'images that replace those of the same name, or come to them')
    .addOption(
      new Option('-f, --from-image-stream-file <file>', 'ImageStream in JSON or YAML that names the images').conflicts(
        'fromRelease',
      ),
    )
    .option('--from-release <release>', 'a release whose images, and whatever else is not given, are taken over')
    .option('--name <version>', 'a semantic version')
    .addOption(new Option('--previous <versions>', 'from which versions it can be reached').argParser(words))
    .addOption(new Option('--next <versions>', 'to which versions it leads').argParser(words))
    .addOption(new Option('--metadata <json>', 'an object for the metadata of the release').argParser(jsonObject))
    .addOption(new Option('--include <names>', 'only these images').default([], 'all').argParser(words))
    .addOption(new Option('--exclude <names>', 'all but these images').default([], 'none').argParser(words))
    .option('--to-image <image>', 'where to push the release: HOST/REPOSITORY:TAG')
    .addOption(
      new Option('--to-image-base-tag <name>', 'the image that it is laid over').default('cluster-version-operator'),
    )
    .option('--to-signature <file>', 'write what is to be signed to this file')
    .option('--dry-run', 'push nothing')
    .addHelpText('after', NOTES);
  return withImageReaderOptions(command).action(async (overrides: string[], options: ReleaseNewOptions) => {
    const { fromImageStreamFile, fromRelease, toImage, dryRun = false } = options;
    if (fromImageStreamFile === undefined && fromRelease === undefined && overrides.length === 0) {
      throw new CliError('name the images by --from-image-stream-file, --from-release or COMPONENT=PULLSPEC', 2);
    }
    if (toImage === undefined && !dryRun) throw new CliError('name the image by --to-image, or pass --dry-run', 2);
    const { makeRelease } = await import('./make-release.js');
    await makeRelease(overrides, options, interruption());
  });
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('Expected a JSON object.');
}
