import { Command } from 'commander';
import { releaseExtractCommand } from './extract.js';
import { releaseInfoCommand } from './info.js';

const EXAMPLES = `
Examples:
  longshore adm release info quay.io/org/release:4.16.3-x86_64
  longshore adm release info --changes-from=quay.io/org/release:4.16.2-x86_64 quay.io/org/release:4.16.3-x86_64`;

/** `longshore adm release …` */
export function releaseCommand(): Command {
  return new Command('release')
    .description('look into releases, and make them')
    .addHelpText('after', EXAMPLES)
    .addCommand(releaseInfoCommand())
    .addCommand(releaseExtractCommand());
}
