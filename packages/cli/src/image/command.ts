import { Command } from 'commander';
import { appendCommand } from './append.js';
import { extractCommand } from './extract.js';
import { infoCommand } from './info.js';
import { mirrorCommand } from './mirror-command.js';
import { imageServeCommand } from './serve.js';

const EXAMPLES = `
Examples:
  longshore image info quay.io/org/app:v1
  longshore image info --filter-by-os=linux/arm64 docker.io/library/busybox:latest -o json
  longshore image extract quay.io/org/app:v1 --path /usr/bin/:bin
  longshore image mirror quay.io/org/app:v1 mirror.example.com/org/app:v1`;

/** `longshore image …` */
export function imageCommand(): Command {
  return new Command('image')
    .addHelpText('after', EXAMPLES)
    .addCommand(infoCommand())
    .addCommand(extractCommand())
    .addCommand(mirrorCommand())
    .addCommand(appendCommand())
    .addCommand(imageServeCommand());
}
