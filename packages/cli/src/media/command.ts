import { Command } from 'commander';
import { diffCommand } from './diff.js';
import { packCommand } from './pack.js';
import { unpackCommand } from './unpack.js';
import { verifyCommand } from './verify.js';

const EXAMPLES = `
Examples:
  longshore media verify --inventory=have.json /srv/media
  longshore media diff --have=have.json media
  longshore media pack --have=have.json media /mnt/stick
  longshore media unpack /mnt/stick /srv/media`;

/** `longshore media …` */
export function mediaCommand(): Command {
  return new Command('media')
    .addHelpText('after', EXAMPLES)
    .addCommand(verifyCommand())
    .addCommand(diffCommand())
    .addCommand(packCommand())
    .addCommand(unpackCommand());
}
