import { Command } from 'commander';
import { infoCommand } from './info.js';

const EXAMPLES = `
Examples:
  longshore image info quay.io/org/app:v1
  longshore image info --filter-by-os=linux/arm64 docker.io/library/busybox:latest -o json`;

/** `longshore image …` */
export function imageCommand(): Command {
  return new Command('image')
    .description('look at images of any registry')
    .addHelpText('after', EXAMPLES)
    .addCommand(infoCommand());
}
