import type { ReferenceMode } from '@longshore/mirror/release';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../../cli-error.js';
import { countOption } from '../../count-option.js';
import { withImageReaderOptions, type ImageReaderOptions } from '../../image/image-reader-options.js';
import { repeatedOption } from '../../repeated-option.js';
import { withSessionOptions, type SessionOptions } from '../../session/session.js';
import { interruption } from '../../signals.js';

const NOTES = `
Images come from an ImageStream of the cluster or of a file, from another release, or from a folder as "release extract" writes it;
COMPONENT=PULLSPEC replaces one or adds it. Images with the label io.openshift.release.operator=true bring the manifests below
/manifests of their last layer, replaced ones those of all layers; with --from-dir, manifests are those of the folder,
with the pull specs of replaced images replaced in them.

Examples:
  longshore adm release new -f stream.json --name=4.99.0 --previous=4.98.0,4.98.1 --to-image=mirror.example.com/ocp/release:4.99.0-x86_64
  longshore adm release new --from-image-stream=4.99 -n ocp --mirror=mirror.example.com/ocp/images --to-image=mirror.example.com/ocp/release:4.99.0-x86_64
  longshore adm release new --from-release=quay.io/org/release:4.16.3-x86_64 cli=quay.io/me/cli:fixed --name=4.16.3-mine --to-image=quay.io/me/release:mine
  longshore adm release new --from-dir=manifests --to-image=quay.io/me/release:mine
  longshore adm release new --from-release=quay.io/org/release:4.16.3-x86_64 --dry-run`;

export interface ReleaseNewOptions extends ImageReaderOptions, SessionOptions {
  fromImageStream?: string;
  fromImageStreamFile?: string;
  referenceMode?: ReferenceMode;
  fromRelease?: string;
  fromDir?: string;
  mappingFile: string[];
  name?: string;
  previous?: string[];
  next?: string[];
  metadata?: Record<string, unknown>;
  componentVersions?: string;
  include: string[];
  exclude: string[];
  allowMissingImages?: boolean;
  skipManifestCheck?: boolean;
  keepManifestList?: boolean;
  mirror?: string;
  toImage?: string;
  toDir?: string;
  toFile?: string;
  toImageBase?: string;
  toImageBaseTag: string;
  toSignature?: string;
  output?: 'json';
  maxPerRegistry: number;
  dryRun?: boolean;
}

const SOURCES = ['fromImageStream', 'fromImageStreamFile', 'fromRelease', 'fromDir'];

/** `longshore adm release new` (mirror.md 3.1). */
export function releaseNewCommand(): Command {
  const command = new Command('new')
    .description('make a release image of images')
    .argument('[component=pullspec...]', 'images that replace those of the same name, or come to them')
    .addOption(source('--from-image-stream <name>', 'ImageStream of the cluster that names the images'))
    .addOption(source('-f, --from-image-stream-file <file>', 'ImageStream in JSON or YAML that names the images'))
    .addOption(
      new Option(
        '--reference-mode <mode>',
        'how images of a stream are named: as the public sees them, or where they came from',
      )
        .choices(['public', 'source'])
        .default(undefined, 'by the digest that a tag names, else public'),
    )
    .addOption(
      source('--from-release <release>', 'a release whose images, and whatever else is not given, are taken over'),
    )
    .addOption(source('--from-dir <folder>', 'a folder with image-references, release-metadata and manifests'))
    .addOption(repeatedOption('--mapping-file <file>', 'lines of COMPONENT=PULLSPEC'))
    .addOption(new Option('--name <version>', 'a semantic version').default(undefined, '0.0.1-DATE'))
    .addOption(new Option('--previous <versions>', 'from which versions it can be reached').argParser(words))
    .addOption(new Option('--next <versions>', 'to which versions it leads').argParser(words))
    .addOption(new Option('--metadata <json>', 'an object for the metadata of the release').argParser(jsonObject))
    .option('--component-versions <versions>', 'NAME=VERSION,… in place of the versions that images name')
    .addOption(new Option('--include <names>', 'only these images').default([], 'all').argParser(words))
    .addOption(new Option('--exclude <names>', 'all but these images').default([], 'none').argParser(words))
    .option('--allow-missing-images', 'manifests may need images that the release does not have')
    .option('--skip-manifest-check', 'do not look whether manifests are YAML')
    .option('--keep-manifest-list', 'make a release for all platforms of the image that it is laid over')
    .option('--mirror <repository>', 'copy the images there, and name them so')
    .option('--to-image <image>', 'where to push the release: HOST/REPOSITORY:TAG')
    .option('--to-dir <folder>', 'write the files of the release there')
    .option('--to-file <file>', 'write the files of the release as an archive, packed with gzip')
    .addOption(new Option('--to-image-base <image>', 'the image that it is laid over').conflicts('toImageBaseTag'))
    .addOption(
      new Option('--to-image-base-tag <name>', 'the component that it is laid over').default(
        'cluster-version-operator',
      ),
    )
    .option('--to-signature <file>', 'write what is to be signed to this file')
    .addOption(new Option('-o, --output <format>', 'print image-references in place of one line').choices(['json']))
    .addOption(countOption('--max-per-registry <n>', 'images that are read or copied at the same time', 999).default(6))
    .option('--dry-run', 'write nothing anywhere')
    .addHelpText('after', NOTES);
  return withImageReaderOptions(withSessionOptions(command)).action(
    async (overrides: string[], options: ReleaseNewOptions) => {
      checkOptions(overrides, options);
      const { makeRelease } = await import('./make-release.js');
      await makeRelease(overrides, options, interruption());
    },
  );
}

function checkOptions(overrides: readonly string[], options: ReleaseNewOptions): void {
  const { fromImageStream, fromImageStreamFile, fromRelease, fromDir, mappingFile, referenceMode } = options;
  const isStream = fromImageStream !== undefined || fromImageStreamFile !== undefined;
  if (!isStream && fromRelease === undefined && fromDir === undefined && overrides.length + mappingFile.length === 0) {
    throw new CliError(
      'name the images by --from-image-stream, --from-image-stream-file, --from-release, --from-dir or COMPONENT=PULLSPEC',
      2,
    );
  }
  if (referenceMode !== undefined && !isStream) throw new CliError('--reference-mode is for ImageStreams', 2);
  if (fromDir !== undefined && (options.componentVersions ?? options.allowMissingImages) !== undefined) {
    throw new CliError(
      '--component-versions and --allow-missing-images are for manifests of images, not of --from-dir',
      2,
    );
  }
  const { toImage, toDir, toFile, output, dryRun = false, toSignature } = options;
  if ([toImage, toDir, toFile, output].every((one) => one === undefined) && !dryRun) {
    throw new CliError('name the image by --to-image, or pass --to-dir, --to-file, -o json or --dry-run', 2);
  }
  if (toSignature !== undefined && toImage === undefined) {
    throw new CliError('--to-signature is for --to-image, whose name is signed, too', 2);
  }
}

/** Where images come from: one of them at a time. */
function source(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.conflicts(SOURCES.filter((name) => name !== option.attributeName()));
}

/** May be given several times. */
function words(text: string, before: readonly string[] = []): string[] {
  const found = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return [...before, ...found];
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
