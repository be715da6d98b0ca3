import { Command } from 'commander';
import { pruneImagesCommand } from './prune-images.js';
import { releaseCommand } from './release/index.js';

const EXAMPLES = `
Examples:
  longshore adm prune images
  longshore adm prune images --keep-tag-revisions=3 --keep-younger-than=60m --confirm`;

/** `longshore adm …` */
export function admCommand(): Command {
  const prune = new Command('prune')
    .description('delete what is old and unused')
    .addHelpText('after', EXAMPLES)
    .addCommand(pruneImagesCommand());
  return new Command('adm').addHelpText('after', EXAMPLES).addCommand(prune).addCommand(releaseCommand());
}
