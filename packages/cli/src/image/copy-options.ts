import type { Command } from 'commander';
import { countOption } from '../count-option.js';
import { refusedOption } from '../refused-option.js';
import { limitRateOption, type LimitRate } from './limit-rate.js';
import { withRegistryOptions, type RegistryOptions } from '../registry-access/registry-options.js';

/** Options of each command that copies images. */
export interface CopyOptions extends RegistryOptions {
  dryRun?: boolean;
  continueOnError?: boolean;
  skipMissing?: boolean;
  skipMount?: boolean;
  skipMultipleScopes?: boolean;
  force?: boolean;
  maxRegistry: number;
  maxPerRegistry: number;
  limitRate?: LimitRate;
  mirrorSetsToDir?: string;
  json?: boolean;
}

const MOST_AT_A_TIME = 100;

/** Gives a command the options of {@link CopyOptions}. */
export function withCopyOptions(command: Command): Command {
  command
    .option('--dry-run', 'print the plan and copy nothing')
    .option('--continue-on-error', 'mirror what can be mirrored when some images fail')
    .option('--skip-missing', 'leave out images that the source does not have')
    .option('--skip-mount', 'never let a registry take blobs over from another of its repositories')
    .option('--skip-multiple-scopes', 'ask for a token for one repository at a time; some registries refuse others')
    .option('--force', 'do not ask whether destinations have the images already')
    .addOption(countOption('--max-registry <number>', 'registries to work with at a time', MOST_AT_A_TIME).default(4))
    .addOption(
      countOption(
        '--max-per-registry <number>',
        'requests to a registry at a time; fewer when it is overloaded',
        MOST_AT_A_TIME,
      ).default(6),
    )
    .addOption(limitRateOption())
    .option('--mirror-sets-to-dir <folder>', 'where to write the mirror sets that tell clusters of the copies')
    .addOption(refusedOption('--skip-verification [boolean]', 'Everything is compared with its digest, at no cost.'))
    .option('--json', 'print events as lines of JSON');
  return withRegistryOptions(command);
}
