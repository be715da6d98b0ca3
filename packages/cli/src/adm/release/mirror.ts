import type { SignatureFileFormat } from '@longshore/mirror/signatures';
import { Command, Option } from 'commander';
import { CliError } from '../../cli-error.js';
import { withCopyOptions, type CopyOptions } from '../../image/copy-options.js';
import type { MirrorFileOptions } from '../../image/mirror-policy.js';
import { optionName } from '../../option-name.js';
import { withSessionOptions, type SessionOptions } from '../../session/session.js';
import { withSignatureSources, type SignatureSources } from './signature-options.js';

const NOTES = `
The release image is tagged VERSION-ARCHITECTURE in the repository of --to, its images VERSION-ARCHITECTURE-NAME; all keep their
digests. What was copied is not copied again: run an interrupted command again to go on.

A version is looked up in the cluster of the current kubeconfig, then in the public channels of updates (UPDATE_URL_OVERRIDE names
another server).

A release must be signed by the keys that it names itself, or by those of --signature-key. --signature-policy=warn mirrors it
nevertheless. The signature goes to a file for "oc apply" (--to-dir, --release-image-signature-to-dir) or to the cluster.

Exit codes: 0 done, 1 failed, 2 called wrongly, 3 some images could not be mirrored (--continue-on-error), 4 the signature or content
is bad, 5 access refused, 6 no space, 130 interrupted.

Examples:
  longshore adm release mirror -a pull-secret.json --to-dir=media/mirror quay.io/org/release:4.16.3-x86_64 --dry-run
  longshore adm release mirror -a pull-secret.json --to-dir=media/mirror quay.io/org/release:4.16.3-x86_64
  longshore adm release mirror --from=quay.io/org/release:4.16.3-x86_64 --to=mirror.example.com/ocp4/openshift4 --apply-release-image-signature
  longshore adm release mirror --from=quay.io/org/release:4.16.3-x86_64 --to=mirror.example.com/ocp4/openshift4 --release-images-to=mirror.example.com/ocp4/openshift4-release-images --print-mirror-instructions=idms
  longshore adm release mirror --from=file://openshift/release:4.16.3-x86_64 --from-dir=media/mirror --to=mirror.example.com/ocp4/openshift4
  longshore adm release mirror --to=mirror.example.com/ocp4/openshift4 --to-mirror quay.io/org/release:4.16.3-x86_64`;

export interface ReleaseMirrorOptions extends CopyOptions, SessionOptions, SignatureSources, MirrorFileOptions {
  from?: string;
  to?: string;
  toDir?: string;
  format?: 'v2' | 'oci';
  fromDir?: string;
  toImageStream?: string;
  toMirror?: boolean;
  toReleaseImage?: string;
  releaseImagesTo?: string;
  skipReleaseImage?: boolean;
  keepManifestList?: boolean;
  applyReleaseImageSignature?: boolean;
  overwrite?: boolean;
  releaseImageSignatureToDir?: string;
  releaseImageSignatureFormat?: SignatureFileFormat;
  signaturePolicy: 'enforce' | 'warn';
  printMirrorInstructions: string;
}

/** What is asked for, once it is known to make sense. */
export interface ReleaseMirrorWish extends Omit<ReleaseMirrorOptions, 'from' | 'printMirrorInstructions'> {
  from: string;
  printMirrorInstructions: MirrorInstructions;
  /** A release without signature would leave undone what was asked for. */
  needsSignature: boolean;
}

const INSTRUCTIONS = ['icsp', 'idms', 'none'] as const;
export type MirrorInstructions = (typeof INSTRUCTIONS)[number];

/** `longshore adm release mirror` (mirror.md 1). */
export function releaseMirrorCommand(): Command {
  const command = new Command('mirror')
    .description('copy a release with all its images to a registry or a folder')
    .argument('[release...]', 'the release: [HOST/]REPOSITORY[:TAG][@DIGEST], file://REPOSITORY… or a version')
    .option('--from <release>', 'the release, when it is no argument')
    .option('--to <repository>', 'where all images go; REPOSITORY:TEMPLATE makes tags of ${version} and ${component}')
    .option('--to-dir <folder>', 'the folder for file:// destinations; alone, that is file://openshift/release')
    .addOption(
      new Option('--format <format>', 'of that folder: repositories with links, or one OCI layout')
        .choices(['v2', 'oci'])
        .default(undefined, 'that of the folder, v2 for a new one'),
    )
    .option('--from-dir <folder>', 'the folder where file:// sources are, when it is not this one')
    .option('--to-image-stream <name>', 'import the images into a stream of the cluster, a tag for each')
    .option('--to-mirror', 'only print which image goes where, a line each')
    .option('--to-release-image <image>', 'a further place for the release image')
    .option('--release-images-to <repository>', 'a further repository for release images, for the update service')
    .option('--skip-release-image', 'leave out the release image itself')
    .option('--keep-manifest-list', 'mirror a release for several platforms, with tags that end in -multi')
    .option('--apply-release-image-signature', 'create the ConfigMap of the signature in the cluster')
    .option('--overwrite', 'with --apply-release-image-signature: replace a ConfigMap that is there')
    .option('--release-image-signature-to-dir <folder>', 'where to write the signature; with --to-dir, config in it')
    .addOption(
      new Option('--release-image-signature-format <format>', 'of that file')
        .choices(['json', 'yaml'])
        .default(undefined, 'json'),
    )
    .addOption(
      new Option('--signature-policy <policy>', 'whether a release that nobody vouches for is mirrored')
        .choices(['enforce', 'warn'])
        .default('enforce'),
    )
    .addOption(
      new Option(
        '--print-mirror-instructions <kind>',
        'how to tell clusters of the mirror: icsp, idms or none',
      ).default('icsp'),
    )
    .addOption(
      new Option(
        '--icsp-file <file>',
        'ImageContentSourcePolicy that names mirrors to read from (deprecated)',
      ).conflicts('idmsFile'),
    )
    .option('--idms-file <file>', 'ImageDigestMirrorSet that names mirrors to read from')
    .addHelpText('after', NOTES);
  withSessionOptions(withCopyOptions(withSignatureSources(command)));
  return command.action(async (releases: string[], options: ReleaseMirrorOptions) => {
    const wish = releaseMirrorWish(releases, options);
    const { mirrorRelease } = await import('./mirror-release.js');
    await mirrorRelease(wish);
  });
}

/** What the options mean together (mirror.md 1.1). Errors: CliError. */
export function releaseMirrorWish(releases: readonly string[], options: ReleaseMirrorOptions): ReleaseMirrorWish {
  const [release, another] = releases;
  const { toDir, toImageStream, applyReleaseImageSignature: isApplied = false } = options;
  if (another !== undefined) throw usage('only one argument is accepted');
  if (release !== undefined && options.from !== undefined) throw usage('you may not specify an argument and --from');
  const from = release ?? options.from;
  if (from === undefined) throw usage('must specify a release image with --from');
  const isToDefault = options.to === undefined && toDir !== undefined && toImageStream === undefined;
  const to = isToDefault ? 'file://openshift/release' : options.to;
  if ((to === undefined) === (toImageStream === undefined)) {
    throw usage('must specify an image repository or image stream to mirror the release to');
  }
  const other = toImageStream === undefined ? undefined : NOT_FOR_STREAMS.find((name) => options[name] !== undefined);
  if (other !== undefined) throw usage(`${optionName(other)} is not for --to-image-stream`);
  if (options.skipReleaseImage === true && options.toReleaseImage !== undefined) {
    throw usage('--skip-release-image and --to-release-image may not both be specified');
  }
  if (options.skipReleaseImage === true && options.releaseImagesTo !== undefined) {
    throw usage('--skip-release-image and --release-images-to may not both be specified');
  }
  if (options.overwrite === true && !isApplied) {
    throw usage('--overwrite is only valid with --apply-release-image-signature');
  }
  const printMirrorInstructions = INSTRUCTIONS.find((one) => one === options.printMirrorInstructions);
  if (printMirrorInstructions === undefined) {
    throw usage(`--print-mirror-instructions must be one of ${INSTRUCTIONS.join(', ')}`);
  }
  // What goes to the cluster need not be carried there.
  const signatureDir =
    options.releaseImageSignatureToDir ?? (toDir === undefined || isApplied ? undefined : `${toDir}/config`);
  if (options.releaseImageSignatureFormat !== undefined && signatureDir === undefined) {
    throw usage('--release-image-signature-format is for --release-image-signature-to-dir or --to-dir');
  }
  const { from: _from, to: _to, ...rest } = options;
  return {
    ...rest,
    from,
    ...(to !== undefined && { to }),
    ...(signatureDir !== undefined && { releaseImageSignatureToDir: signatureDir }),
    printMirrorInstructions,
    needsSignature: isApplied || options.releaseImageSignatureToDir !== undefined,
  };
}

/** A cluster imports by itself: nothing is copied, so these would do nothing. */
const NOT_FOR_STREAMS = [
  'toMirror',
  'toDir',
  'format',
  'toReleaseImage',
  'releaseImagesTo',
  'releaseImageSignatureToDir',
  'applyReleaseImageSignature',
  'mirrorSetsToDir',
] as const;

function usage(words: string): CliError {
  return new CliError(words, 2);
}
