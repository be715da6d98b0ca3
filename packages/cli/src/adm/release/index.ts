import { Command } from 'commander';
import { releaseExtractCommand } from './extract.js';
import { releaseGraphCommand } from './graph.js';
import { releaseInfoCommand } from './info.js';
import { releaseMirrorCommand } from './mirror.js';
import { releaseNewCommand } from './new.js';

const EXAMPLES = `
Examples:
  longshore adm release info quay.io/org/release:4.16.3-x86_64
  longshore adm release info --changes-from=quay.io/org/release:4.16.2-x86_64 quay.io/org/release:4.16.3-x86_64
  longshore adm release mirror --to-dir=media/mirror quay.io/org/release:4.16.3-x86_64
  longshore adm release graph --from=4.15.1 --to=4.16.3 graph.json`;

/** `longshore adm release …` */
export function releaseCommand(): Command {
  return new Command('release')
    .description('mirror releases, look into them, and make them')
    .addHelpText('after', EXAMPLES)
    .addCommand(releaseInfoCommand())
    .addCommand(releaseExtractCommand())
    .addCommand(releaseMirrorCommand())
    .addCommand(releaseNewCommand())
    .addCommand(releaseGraphCommand());
}
