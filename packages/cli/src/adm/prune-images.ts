import { DurationError, durationMilliseconds } from '@longshore/kube/duration';
import { Command, InvalidArgumentError, Option } from 'commander';
import { booleanOption } from '../boolean-option.js';
import type { PruneImagesOptions } from './prune-options.js';

const NOTES = `
Without --confirm nothing is changed, and the same lines tell what would be.

Exit codes: 0 done, 1 failed, or something could not be deleted, 2 called wrongly.

Examples:
  longshore adm prune images
  longshore adm prune images --keep-tag-revisions=3 --keep-younger-than=60m --confirm
  longshore adm prune images --registry-url=https://registry.apps.example.com --certificate-authority=ca.crt --confirm
  longshore adm prune images --prune-over-size-limit --confirm
  longshore adm prune images -n team --prune-registry=false --confirm`;

/** `longshore adm prune images` (registry.md 8) */
export function pruneImagesCommand(): Command {
  return new Command('images')
    .summary('delete images, tag histories and registry content that nothing needs')
    .description(
      'shorten the histories of image streams, and delete images and registry content that no tag, list, signature subject, pod or workload needs',
    )
    .addOption(booleanOption('confirm', 'change something; otherwise this is a dry run', false))
    .addOption(booleanOption('all', 'images, too, that were not pushed to the registry', true))
    .option('--keep-younger-than <duration>', 'keep what is younger (default: 60m)', readDuration)
    .option('--keep-tag-revisions <n>', 'keep so many entries of the history of each tag (default: 3)', wholeNumber(0))
    .addOption(
      booleanOption('prune-over-size-limit', "delete what is over the namespace's limit for images instead", false),
    )
    .option('--registry-url <url>', 'where the registry is; otherwise as images and image streams say')
    .option('--certificate-authority <file>', 'PEM of the authority that vouches for the registry')
    .addOption(booleanOption('force-insecure', 'reach the registry by http or unverified TLS, if need be', false))
    .addOption(booleanOption('prune-registry', 'false: delete objects of the API only', true))
    .addOption(booleanOption('ignore-invalid-refs', 'pass over references that cannot be understood', false))
    .option('--num-workers <n>', 'how much is deleted at the same time', wholeNumber(1), 5)
    .option('-n, --namespace <name>', 'shorten the histories of this namespace only, and delete no image')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(
      new Option('--loglevel <n>', 'from 4 on, tell also why entries of histories stay')
        .default(0)
        .argParser(wholeNumber(0)),
    )
    .option('--json', 'print each step, and the summary, as a line of JSON')
    .addHelpText('after', NOTES)
    .action(async (options: PruneImagesOptions) => {
      const { pruneImages } = await import('./prune-cluster.js');
      await pruneImages(options);
    });
}

/** Milliseconds of a duration as Go writes it. */
function readDuration(text: string): number {
  try {
    const milliseconds = durationMilliseconds(text);
    if (milliseconds >= 0) return milliseconds;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
  }
  throw new InvalidArgumentError('It is a duration such as 60m or 1h30m, not below 0.');
}

/** Reads a whole number that is not below `least`. */
function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least) return value;
    throw new InvalidArgumentError(`It is a whole number, not below ${least}.`);
  };
}
