import { Command, Option } from 'commander';
import { CliError } from '../../cli-error.js';
import { countOption } from '../../count-option.js';
import { withImageReaderOptions, type ImageReaderOptions } from '../../image/image-reader-options.js';
import { optionName } from '../../option-name.js';
import { refusedOption } from '../../refused-option.js';
import { withClusterOptions, type ClusterOptions } from '../../session/session.js';
import { interruption } from '../../signals.js';
import { withSignatureOptions, type SignatureOptions } from './signature-options.js';

const NOTES = `
A version is looked up in the cluster of the current kubeconfig, then in the public channels of updates (UPDATE_URL_OVERRIDE names
another server). Without any name it is the release of the cluster.

With two releases, or with --changes-from, it tells what differs. A release in a folder, file://REPOSITORY:TAG below --dir, needs
no network. A mirror of --idms-file or --icsp-file is asked when the source does not give an image; without such a file, images
are read as the registries.conf of this machine says.

Exit codes: 0 done, 1 failed, 2 called wrongly, 4 nothing vouches for the release (--verify-signature).

Examples:
  longshore adm release info
  longshore adm release info 4.16.3
  longshore adm release info quay.io/org/release:4.16.3-x86_64
  longshore adm release info --pullspecs --dir=media file://openshift/release:4.16.3-x86_64
  longshore adm release info --image-for=cli quay.io/org/release:4.16.3-x86_64
  longshore adm release info --size quay.io/org/release:4.16.3-x86_64
  longshore adm release info --changes-from=quay.io/org/release:4.16.2-x86_64 quay.io/org/release:4.16.3-x86_64 --changelog`;

export interface ReleaseInfoOptions extends ImageReaderOptions, SignatureOptions, ClusterOptions {
  output?: 'json' | 'name' | 'digest' | 'pullspec';
  digests?: boolean;
  pullspecs?: boolean;
  commits?: boolean;
  commitUrls?: boolean;
  size?: boolean;
  contents?: boolean;
  verify?: boolean;
  imageFor?: string;
  includeImages?: boolean;
  changesFrom?: string;
  changelog?: boolean;
  filterByOs?: string;
  maxPerRegistry: number;
}

/** What the user wants to see; one of them at a time. */
const VIEWS = [
  'digests',
  'pullspecs',
  'commits',
  'commitUrls',
  'size',
  'contents',
  'verify',
  'imageFor',
  'output',
] as const;

/** `longshore adm release info` (mirror.md 3.2). */
export function releaseInfoCommand(): Command {
  const command = new Command('info')
    .description('tell what is in a release, or what differs between two')
    .argument('[release...]', 'one or two releases: [HOST/]REPOSITORY[:TAG][@DIGEST], file://REPOSITORY… or a version')
    .addOption(
      new Option('-o, --output <format>', 'print it for programs, or one line for each image').choices([
        'json',
        'name',
        'digest',
        'pullspec',
      ]),
    )
    .option('--digests', 'tell the digest of each image (as without any)')
    .option('--pullspecs', 'tell the pull spec of each image')
    .option('--commits', 'tell the source and the commit of each image')
    .option('--commit-urls', 'tell where to see the commit of each image')
    .option('--size', 'tell how large the images are; reads all manifests')
    .option('--contents', 'print the manifests')
    .option('--verify', 'read the manifest of each image, and print one line when all are there')
    .option('--image-for <name>', 'print the pull spec of one image')
    .option('--include-images', 'with -o json: manifests and configurations of all images, too')
    .option('--changes-from <release>', 'tell what differs from this release')
    .option('--changelog', 'print what differs as Markdown; with links in place of single commits')
    .option('--filter-by-os <regexp>', 'which release of a list; otherwise linux/amd64')
    .addOption(
      refusedOption(
        '--bugs <folder>',
        'Lists of bugs need the repositories and an issue tracker; --changelog has links.',
      ),
    )
    .addOption(countOption('--max-per-registry <n>', 'images that are read at the same time', 999).default(6))
    .addHelpText('after', NOTES);
  return withImageReaderOptions(withSignatureOptions(withClusterOptions(command))).action(
    async (releases: string[], options: ReleaseInfoOptions) => {
      checkOptions(releases, options);
      const { printReleases } = await import('./print-release.js');
      await printReleases(releases, options, interruption());
    },
  );
}

function checkOptions(releases: readonly string[], options: ReleaseInfoOptions): void {
  const { changesFrom, changelog = false, output, includeImages = false } = options;
  if (releases.length + (changesFrom === undefined ? 0 : 1) > 2) {
    throw new CliError('must specify one release image to tell of, or two to compare', 2);
  }
  const isComparison = releases.length === 2 || changesFrom !== undefined;
  if (changelog && !isComparison) throw new CliError('--changelog needs two releases', 2);
  const views = VIEWS.filter((name) => options[name] !== undefined).map(optionName);
  if (views.length > 1) throw new CliError(`only one of ${views.join(', ')} may be given`, 2);
  const [view] = views;
  if (isComparison && view !== undefined && output !== 'json') throw new CliError(`${view} is for one release`, 2);
  if (changelog && output !== undefined) throw new CliError('--changelog is Markdown, and has no --output', 2);
  if (includeImages && (output !== 'json' || isComparison))
    throw new CliError('--include-images needs -o json of one release', 2);
}
