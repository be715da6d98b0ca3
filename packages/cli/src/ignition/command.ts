import { Command } from 'commander';
import { mergeCommand } from './merge.js';
import { schemaCommand } from './schema.js';
import { validateCommand } from './validate.js';

const EXAMPLES = `
Examples:
  longshore ignition validate storage.ign
  longshore ignition merge base.ign override.ign`;

/** `longshore ignition …` */
export function ignitionCommand(): Command {
  return new Command('ignition')
    .addHelpText('after', EXAMPLES)
    .addCommand(validateCommand())
    .addCommand(mergeCommand())
    .addCommand(schemaCommand());
}
